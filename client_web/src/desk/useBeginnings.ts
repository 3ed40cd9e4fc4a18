/** What a page may begin with, in the language of whoever begins it. What makes it is loaded when it is wanted. */

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { DocumentKind, RoomKind } from "../protocol/generated";
import { useRoom } from "../session/sessionContext";
import { randomId } from "../shared/randomId";
import { titleForToday } from "./names";
import { usePages } from "./useDocument";

export interface Beginning {
  id: string;
  name: string;
  title(): string;
  /** Make what is in the page from the beginning; `undefined` for nothing. */
  begin(): Promise<Uint8Array | undefined>;
}

const BOARD_TEMPLATES = ["t_chart", "kwl", "lesson_plan", "retrospective"] as const;

export function useBeginnings(kind: DocumentKind): readonly Beginning[] {
  const { t, i18n } = useTranslation();
  const pages = usePages(kind);
  const roomKind = useRoom(({ snapshot }) => snapshot?.room.kind ?? "round_up");
  const title = (template: string) => titleForToday(template, Date.now(), i18n.language, pages);
  return kind === "board" ? boards(t, title) : notes(t, roomKind, title);
}

function boards(t: TFunction, title: (template: string) => string): readonly Beginning[] {
  const blank = {
    id: "blank",
    name: t("desk.new.blank"),
    title: () => title(""),
    begin: async () => undefined,
  };
  const templates = BOARD_TEMPLATES.map((template) => ({
    id: template,
    name: t(`board.template.${template}.title`),
    title: () => title(t(`desk.new.short.${template}`)),
    begin: async () => {
      const [{ templateUpdate }, { templateTexts }] = await Promise.all([
        import("../board/templates"),
        import("../board/templateTexts"),
      ]);
      return templateUpdate(template, templateTexts(t, template));
    },
  }));
  return [blank, ...templates];
}

function notes(t: TFunction, kind: RoomKind, titleWith: (template: string) => string): readonly Beginning[] {
  const title = () => titleWith("");
  const outline = {
    id: "outline",
    name: t("desk.new.outline"),
    title,
    begin: async () => {
      const { createTemplate } = await import("../notes/templates");
      return createTemplate(kind, (section) => t(`notes.outline.${section}`), randomId());
    },
  };
  return [outline, { id: "blank", name: t("desk.new.blank"), title, begin: async () => undefined }];
}
