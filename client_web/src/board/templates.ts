/** What a fresh page may begin with: columns to fill in, each a frame, so that a page's outline has its headings. */

import * as Y from "yjs";
import { BoardDoc } from "./boardDoc";
import type { BoardElement } from "./elements";

export const TEMPLATES = ["blank", "t_chart", "kwl", "lesson_plan", "retrospective"] as const;
export type Template = (typeof TEMPLATES)[number];

export interface TemplateTexts {
  title: string;
  columns: readonly { heading: string; hint: string }[];
}

interface Layout {
  perRow: number;
  width: number;
  height: number;
  /** Of the headings, one after the other. */
  colors: readonly string[];
}

const [BLUE, GREEN, YELLOW, RED, VIOLET] = ["#a5d8ff", "#b2f2bb", "#ffec99", "#ffc9c9", "#d0bfff"];
const INK = "#1e1e1e";
const FAINT = "#757575";

const LAYOUTS: Readonly<Record<Template, Layout>> = {
  blank: { perRow: 1, width: 0, height: 0, colors: [] },
  t_chart: { perRow: 2, width: 620, height: 480, colors: [GREEN, RED] },
  kwl: { perRow: 3, width: 480, height: 480, colors: [BLUE, YELLOW, GREEN] },
  lesson_plan: { perRow: 3, width: 480, height: 300, colors: [BLUE, YELLOW, GREEN, VIOLET, RED, BLUE] },
  retrospective: { perRow: 3, width: 480, height: 480, colors: [GREEN, YELLOW, BLUE] },
};

const GAP = 48;
/** Where a template is first seen at 40 %, its headings have 14 pixels. */
const TITLE_SIZE = 44;
const TITLE_HEIGHT = 130;
const MARGIN = 20;
const HEADING_HEIGHT = 72;
const HEADING_SIZE = 36;
const HINT_SIZE = 26;
const LINE_HEIGHT = 1.25;
/** Excalidraw's own: as if written by hand. */
const HAND = 5;

/** Return an update that fills an empty document. The same one made twice changes nothing the second time. */
export function templateUpdate(template: Template, texts: TemplateTexts): Uint8Array {
  const doc = new Y.Doc();
  const board = new BoardDoc(doc);
  const elements = template === "blank" ? [] : layOut(template, texts);
  doc.transact(() => {
    for (const [at, element] of elements.entries()) board.write({ ...element, index: nthIndex(at) });
  });
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

function layOut(template: Template, { title, columns }: TemplateTexts): BoardElement[] {
  const { perRow, width, height, colors } = LAYOUTS[template];
  const whole = perRow * (width + GAP) - GAP;
  const head = textElement(`${template}-title`, title, {
    ...{ x: 0, y: 0, width: whole, fontSize: TITLE_SIZE },
  });
  const below = columns.flatMap(({ heading, hint }, at) => {
    const id = `${template}-${at + 1}`;
    const x = (at % perRow) * (width + GAP);
    const y = TITLE_HEIGHT + Math.floor(at / perRow) * (height + GAP * 1.5);
    return column({ id, x, y, width, height, heading, hint, color: colors[at % colors.length] ?? BLUE });
  });
  return [head, ...below];
}

interface Column {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  heading: string;
  hint: string;
  color: string;
}

/** A frame comes after what it holds. */
function column({ id, x, y, width, height, heading, hint, color }: Column): BoardElement[] {
  const box = { x: x + MARGIN, y: y + MARGIN, width: width - 2 * MARGIN, height: HEADING_HEIGHT };
  const textHeight = HEADING_SIZE * LINE_HEIGHT;
  return [
    element(`${id}-heading`, "rectangle", {
      ...box,
      frameId: id,
      backgroundColor: color,
      roundness: { type: 3 },
      boundElements: [{ id: `${id}-words`, type: "text" }],
    }),
    textElement(`${id}-words`, heading, {
      x: box.x + 5,
      y: box.y + (box.height - textHeight) / 2,
      width: box.width - 10,
      fontSize: HEADING_SIZE,
      frameId: id,
      containerId: `${id}-heading`,
      textAlign: "center",
      verticalAlign: "middle",
    }),
    textElement(`${id}-hint`, hint, {
      x: box.x,
      y: box.y + box.height + MARGIN,
      width: box.width,
      fontSize: HINT_SIZE,
      frameId: id,
      strokeColor: FAINT,
      textAlign: "center",
    }),
    element(id, "frame", { x, y, width, height, name: heading, strokeColor: "#bbb", roughness: 0 }),
  ];
}

function element(id: string, type: string, fields: Readonly<Record<string, unknown>>): BoardElement {
  return {
    ...{ id, type, version: 1, versionNonce: 0, isDeleted: false, x: 0, y: 0, width: 0, height: 0, angle: 0 },
    ...{ strokeColor: INK, backgroundColor: "transparent", fillStyle: "solid", strokeWidth: 2 },
    ...{ strokeStyle: "solid", roundness: null, roughness: 1, opacity: 100, seed: seedOf(id) },
    ...{ groupIds: [], frameId: null, boundElements: null, link: null, locked: false },
    ...fields,
  };
}

/** Text keeps the width that it is given: no fonts are at hand to measure it with. */
function textElement(id: string, text: string, fields: { fontSize: number; [field: string]: unknown }) {
  return element(id, "text", {
    ...{ text, originalText: text, height: fields.fontSize * LINE_HEIGHT, lineHeight: LINE_HEIGHT },
    ...{ fontFamily: HAND, textAlign: "left", verticalAlign: "top", containerId: null, autoResize: false },
    ...fields,
  });
}

/** The nth of the fractional indices that have no fraction: a0 to az. */
const nthIndex = (n: number) =>
  `a${"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".charAt(n)}`;

/** What makes a line look drawn by hand: any number, but the same one each time. */
const seedOf = (id: string) =>
  [...id].reduce((seed, letter) => (seed * 31 + letter.charCodeAt(0)) % 2 ** 31, 7);
