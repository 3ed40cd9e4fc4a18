/** The words of templates, in the language of whoever begins a page with one. */

import type { TFunction } from "i18next";
import type { Template, TemplateTexts } from "./templates";

const COLUMNS: Readonly<Record<Template, readonly string[]>> = {
  blank: [],
  t_chart: ["for", "against"],
  kwl: ["know", "want", "learned"],
  lesson_plan: ["goal", "warm_up", "material", "practice", "check", "next"],
  retrospective: ["good", "better", "next"],
};

export const templateName = (t: TFunction, template: Template): string =>
  t(`board.template.${template}.title`);

export function templateTexts(t: TFunction, template: Template): TemplateTexts {
  // Not every template has every column; `COLUMNS` says which, and a test that all of them have words.
  const say = t as (key: string) => string;
  return {
    title: templateName(t, template),
    columns: COLUMNS[template].map((column) => ({
      heading: say(`board.template.${template}.${column}.heading`),
      hint: say(`board.template.${template}.${column}.hint`),
    })),
  };
}
