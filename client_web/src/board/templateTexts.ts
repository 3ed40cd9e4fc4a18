/** The words of templates, in the language of whoever begins a page with one. */

import type { TFunction } from "i18next";
import type { Template, TemplateTexts } from "./templates";

const COLUMNS = {
  t_chart: ["a", "b"],
  kwl: ["a", "b", "c"],
  lesson_plan: ["a", "b", "c", "d", "e", "f"],
  retrospective: ["a", "b", "c"],
} as const;

export const templateName = (t: TFunction, template: Template): string =>
  t(`board.template.${template}.title`);

export function templateTexts(t: TFunction, template: Template): TemplateTexts {
  const title = templateName(t, template);
  if (template === "blank") return { title, columns: [] };
  return { title, columns: COLUMNS[template].map((at) => columnTexts(t, template, at)) };
}

type Filled = keyof typeof COLUMNS;

function columnTexts(t: TFunction, template: Filled, at: (typeof COLUMNS)[Filled][number]) {
  const path = `board.template.${template}` as const;
  // Not every template has every column; `COLUMNS` says which.
  const say = t as (key: string) => string;
  return { heading: say(`${path}.headings.${at}`), hint: say(`${path}.hints.${at}`) };
}
