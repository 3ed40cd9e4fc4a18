/** A board as text: always there for a screen reader, beside the board for everybody who asks for it. */

import type { TFunction } from "i18next";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";
import classes from "./BoardOutline.module.css";
import { later } from "./editor";
import type { BoardElement } from "./elements";
import { type OutlineItem, type OutlineSection, outlineOf } from "./outline";

interface BoardOutlineProps {
  doc: Y.Doc;
  elements(): readonly BoardElement[];
  isOpen: boolean;
}

/** Reading along is not interrupted by each stroke. */
const REFRESH_MS = 1_000;
/** In one frame; more than that is not read from beginning to end. */
const MOST_ITEMS = 200;

export function BoardOutline({ doc, elements, isOpen }: BoardOutlineProps) {
  const { t } = useTranslation();
  const [sections, setSections] = useState<OutlineSection[]>([]);
  const headingId = useId();
  const read = useRef(elements);
  read.current = elements;

  useEffect(() => {
    let cancel: (() => void) | null = null;
    const refresh = () => {
      cancel ??= later(() => {
        cancel = null;
        setSections(outlineOf(read.current()));
      }, REFRESH_MS);
    };
    refresh();
    doc.on("update", refresh);
    return () => {
      cancel?.();
      doc.off("update", refresh);
    };
  }, [doc]);

  return (
    <section className={isOpen ? classes.panel : "visually-hidden"} aria-labelledby={headingId}>
      <h3 id={headingId}>{t("board.outline.title")}</h3>
      {sections.length === 0 && <p>{t("board.outline.empty")}</p>}
      {sections.map((section) => (
        <Section key={section.id ?? ""} section={section} />
      ))}
    </section>
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
