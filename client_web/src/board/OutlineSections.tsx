/** What there is to read on a board, frame by frame. */

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { OutlineItem, OutlineSection } from "./outline";

/** In one frame; more than that is not read from beginning to end. */
const MOST_ITEMS = 200;

export function OutlineSections({ sections }: { sections: readonly OutlineSection[] }) {
  const { t } = useTranslation();
  return (
    <>
      {sections.length === 0 && <p>{t("board.outline.empty")}</p>}
      {sections.map((section) => (
        <Section key={section.id ?? ""} section={section} />
      ))}
    </>
  );
}

function Section({ section: { id, title, items, drawings } }: { section: OutlineSection }) {
  const { t } = useTranslation();
  const heading = title || t("board.outline.unnamed");
  return (
    <>
      {id !== null && <h4>{heading}</h4>}
      <ul>
        {items.slice(0, MOST_ITEMS).map((item) => (
          <li key={item.id}>{itemText(t, item)}</li>
        ))}
        {items.length > MOST_ITEMS && (
          <li>{t("board.outline.more", { count: items.length - MOST_ITEMS })}</li>
        )}
        {drawings > 0 && <li>{t("board.outline.drawings", { count: drawings })}</li>}
      </ul>
    </>
  );
}

function itemText(t: TFunction, item: OutlineItem): string {
  switch (item.kind) {
    case "text":
    case "note":
      return item.text;
    case "picture":
      return t("board.outline.picture");
    case "shape":
      return t(`board.outline.shape.${item.shape}`);
    case "arrow":
      return arrowText(t, item);
  }
}

function arrowText(t: TFunction, { text, from, to }: Extract<OutlineItem, { kind: "arrow" }>): string {
  const other = t("board.outline.something");
  const ends = { from: from ?? other, to: to ?? other };
  if (from === null && to === null) return text || t("board.outline.arrow");
  return text === ""
    ? t("board.outline.connection", ends)
    : t("board.outline.namedConnection", { ...ends, text });
}
