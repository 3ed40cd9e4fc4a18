/** A board as text: always there for a screen reader, beside the board for everybody who asks for it. */

import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";
import classes from "./BoardOutline.module.css";
import { later } from "./editor";
import type { BoardElement } from "./elements";
import { OutlineSections } from "./OutlineSections";
import { type OutlineSection, outlineOf } from "./outline";

interface BoardOutlineProps {
  doc: Y.Doc;
  elements(): readonly BoardElement[];
  isOpen: boolean;
}

/** Reading along is not interrupted by each stroke. */
const REFRESH_MS = 1_000;

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
      <OutlineSections sections={sections} />
    </section>
  );
}
