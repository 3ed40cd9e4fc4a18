/** A board as text: its frames as headings, and in each what there is to read, in reading order. Pure. */

import type { BoardElement } from "./elements";

export type OutlineItem =
  | { kind: "text" | "note"; id: string; text: string }
  | { kind: "arrow"; id: string; text: string; from: string | null; to: string | null }
  | { kind: "picture"; id: string }
  | { kind: "shape"; id: string; shape: "rectangle" | "diamond" | "ellipse" };

export interface OutlineSection {
  /** The frame's id; null for what lies outside of all frames. */
  id: string | null;
  /** The frame's name; empty where it has none. */
  title: string;
  items: OutlineItem[];
  /** How many strokes and lines there are, which no words tell. */
  drawings: number;
}

/** A frame that stands for itself, with a place to sort by. */
interface Section extends OutlineSection {
  frame: BoardElement | null;
}

const SHAPES = ["rectangle", "diamond", "ellipse"] as const;
type Shape = (typeof SHAPES)[number];
const isShape = (type: string): type is Shape => SHAPES.some((shape) => shape === type);

/** Return the outline of what is not deleted: what lies outside of frames first, then the frames. */
export function outlineOf(elements: readonly BoardElement[]): OutlineSection[] {
  const present = elements.filter((element) => !element.isDeleted);
  const words = wordsOf(present);
  const frames = inReadingOrder(present.filter(({ type }) => type === "frame"));
  const sections = new Map<string | null, Section>([[null, emptySection(null)]]);
  for (const frame of frames) sections.set(frame.id, emptySection(frame));
  const outside = sections.get(null);
  for (const element of inReadingOrder(present)) {
    const section = sections.get(String(element.frameId)) ?? outside;
    if (section === undefined) continue;
    if (element.type === "freedraw" || element.type === "line") section.drawings += 1;
    const item = itemOf(element, words);
    // A heading that is also written in its frame is read once.
    const isHeading = section.title !== "" && words.get(element.id) === section.title;
    if (item !== null && !isHeading) section.items.push(item);
  }
  return [...sections.values()]
    .filter(({ frame, items, drawings }) => frame !== null || items.length > 0 || drawings > 0)
    .map(({ frame: _, ...section }) => section);
}

const emptySection = (frame: BoardElement | null): Section => ({
  frame,
  id: frame?.id ?? null,
  title: typeof frame?.name === "string" ? frame.name : "",
  items: [],
  drawings: 0,
});

/** What each element says: a text its own words, a shape or an arrow those that are bound to it. */
function wordsOf(elements: readonly BoardElement[]): Map<string, string> {
  const words = new Map<string, string>();
  for (const element of elements) {
    const text = String(element.originalText ?? element.name ?? "").trim();
    if (text === "") continue;
    words.set(element.id, text);
    if (typeof element.containerId === "string") words.set(element.containerId, text);
  }
  return words;
}

function itemOf(element: BoardElement, words: ReadonlyMap<string, string>): OutlineItem | null {
  const { id, type } = element;
  const text = words.get(id) ?? "";
  if (type === "text") return text === "" || element.containerId ? null : { kind: "text", id, text };
  if (type === "image") return { kind: "picture", id };
  if (isShape(type)) return text === "" ? { kind: "shape", id, shape: type } : { kind: "note", id, text };
  if (type !== "arrow") return null;
  const [from, to] = [endOf(element.startBinding, words), endOf(element.endBinding, words)];
  return { kind: "arrow", id, text, from, to };
}

function endOf(binding: unknown, words: ReadonlyMap<string, string>): string | null {
  const { elementId } = (binding ?? {}) as { elementId?: unknown };
  return typeof elementId === "string" ? (words.get(elementId) ?? null) : null;
}

/** What begins less than this below another is in one row with it. Scene units. */
const MOST_ROW = 100;

/** From the top to the bottom, and in one row from the left: what begins above the middle of a row's first is in it. */
export function inReadingOrder(elements: readonly BoardElement[]): BoardElement[] {
  const rows: { middle: number; members: BoardElement[] }[] = [];
  for (const element of [...elements].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const row = rows.at(-1);
    if (row !== undefined && element.y < row.middle) row.members.push(element);
    else rows.push({ middle: element.y + Math.min(element.height / 2, MOST_ROW), members: [element] });
  }
  return rows.flatMap(({ members }) => members.sort((a, b) => a.x - b.x));
}
