/** The words that the editor's own parts show. */

import type { TFunction } from "i18next";
import type { EditorParts } from "./createEditor";

export function editorTexts(t: TFunction, language: string, title: string): EditorParts["texts"] {
  return {
    label: title,
    placeholder: t("notes.placeholder"),
    task: {
      done: (text) => t("notes.task.done", { text }),
      assign: t("notes.task.assign"),
      overdue: t("notes.task.overdue"),
      language,
    },
    moment: { go: (time) => t("notes.moment.go", { time }), language },
  };
}
