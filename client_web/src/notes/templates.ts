/** An outline to begin with, for each kind of room. Pure. */

import * as Y from "yjs";
import type { RoomKind } from "../protocol/generated";
import { FRAGMENT } from "./document";

type Form = "text" | "bullets" | "numbers" | "tasks";

/** The headings of each kind, with what one writes below them. */
const OUTLINES = {
  round_up: { mood: "bullets", worked: "bullets", help: "bullets", news: "bullets", actions: "tasks" },
  lounge: { ideas: "bullets", questions: "bullets", material: "bullets" },
  lesson: { goal: "text", lookFor: "bullets", seen: "bullets", debrief: "bullets", next: "tasks" },
  one_to_one: { since: "bullets", well: "bullets", hard: "bullets", topic: "text", agreed: "tasks" },
  stage: { programme: "numbers", keyPoints: "bullets", audience: "bullets", followUp: "tasks" },
  booth: { practice: "text", howTo: "numbers", visitors: "bullets", material: "bullets", followUp: "tasks" },
} as const satisfies Record<RoomKind, Record<string, Form>>;

type SectionOf<K extends RoomKind> = K extends RoomKind ? keyof (typeof OUTLINES)[K] : never;
/** A heading of some kind's outline. */
export type Section = SectionOf<RoomKind>;

export const sectionsOf = (kind: RoomKind): readonly Section[] => Object.keys(OUTLINES[kind]) as Section[];

type Attributes = { [name: string]: string | number | boolean };

/** The origin of the change that puts an outline in, so that whoever did it can undo it. */
export const OUTLINE = Symbol("outline");

const HEADING_LEVEL = 2;

/**
 * Return the outline as a Yjs update for empty notes. `headings` translates a section. The same arguments make the same
 * bytes, as if one client had written them: applied by two pages at once, it is there once. So `seed` has to name the
 * document and what it holds (see `seedOf`): applied again after everything was deleted, it is a new outline.
 */
export function createTemplate(
  kind: RoomKind,
  headings: (section: Section) => string,
  seed: string,
): Uint8Array {
  const outline = Object.entries(OUTLINES[kind]) as [Section, Form][];
  const sections = outline.map(([section, form]) => ({ heading: headings(section), form }));
  const name = JSON.stringify([kind, sections, seed]);
  const doc = new Y.Doc();
  doc.clientID = hash(name);
  const blocks = sections.flatMap(({ heading, form }, index) => [
    withText(element("heading", { level: HEADING_LEVEL }), heading),
    body(form, hash(`${index}${name}`).toString(36) + hash(`${name}${index}`).toString(36)),
  ]);
  doc.getXmlFragment(FRAGMENT).insert(0, blocks);
  return Y.encodeStateAsUpdate(doc);
}

/** Return what tells this document, as it is now, from every other: for `createTemplate`. */
export function seedOf(documentName: string, doc: Y.Doc): string {
  const clocks = [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b);
  return JSON.stringify([documentName, clocks]);
}

function body(form: Form, itemId: string): Y.XmlElement {
  const paragraph = element("paragraph");
  switch (form) {
    case "text":
      return paragraph;
    case "bullets":
      return within("bulletList", within("listItem", paragraph));
    case "numbers":
      return element("orderedList", { start: 1 }, within("listItem", paragraph));
    case "tasks":
      return within("taskList", element("taskItem", { checked: false, itemId }, paragraph));
  }
}

function element(name: string, attributes: Attributes = {}, child?: Y.XmlElement): Y.XmlElement {
  const made = new Y.XmlElement<Attributes>(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (child !== undefined) made.insert(0, [child]);
  // Numbers and booleans are what y-tiptap writes, too; only the type of an element does not know them.
  return made as unknown as Y.XmlElement;
}

const within = (name: string, child: Y.XmlElement) => element(name, {}, child);

function withText(parent: Y.XmlElement, text: string): Y.XmlElement {
  parent.insert(0, [new Y.XmlText(text)]);
  return parent;
}

/** FNV-1a with a last mix, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
