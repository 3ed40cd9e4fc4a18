import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { en } from "../../src/i18n/en";
import { es } from "../../src/i18n/es";
import { hasContent } from "../../src/notes/document";
import { createTemplate, type Section, sectionsOf, seedOf } from "../../src/notes/templates";
import type { RoomKind } from "../../src/protocol/generated";
import { copied, exchange, NotesPage } from "../support/notesPage";

const KINDS = Object.keys(en.home.kind) as RoomKind[];
const headings = (section: Section) => en.notes.outline[section];

function begun(kind: RoomKind, seed: string, doc = new Y.Doc()): Y.Doc {
  Y.applyUpdate(doc, createTemplate(kind, headings, seed));
  return doc;
}

describe.each(KINDS)("the outline of a %s", (kind) => {
  it("is what the editor would have written", () => {
    const page = new NotesPage(begun(kind, "room"));
    page.state.doc.check();
    const { text } = page;
    page.select(1);
    expect(page.writes).toBe(0);
    // Written anew by an editor, it is the same.
    const other = new NotesPage();
    other.dispatch(other.state.tr.replaceWith(0, other.state.doc.content.size, page.state.doc.content));
    expect(other.text).toBe(text);
    page.close();
    other.close();
  });

  it("has a heading for each section, in the language that was asked for", () => {
    const page = new NotesPage(begun(kind, "room"));
    for (const section of sectionsOf(kind)) expect(page.state.doc.textContent).toContain(headings(section));
    const spanish = new Y.Doc();
    Y.applyUpdate(
      spanish,
      createTemplate(kind, (section) => es.notes.outline[section], "room"),
    );
    for (const section of sectionsOf(kind)) {
      expect(spanish.getXmlFragment("notes").toString()).toContain(es.notes.outline[section]);
    }
    page.close();
  });
});

it("is there once, though two pages begin with it at the same time", () => {
  const [one, two] = [new Y.Doc(), new Y.Doc()];
  begun("round_up", seedOf("room", one), one);
  begun("round_up", seedOf("room", two), two);
  exchange(one, two);
  expect(one.getXmlFragment("notes").toString()).toBe(
    begun("round_up", "x")
      .getXmlFragment("notes")
      .toString()
      .replace(/itemId="\w+"/, idOf(one)),
  );
});

const idOf = (doc: Y.Doc) => /itemId="\w+"/.exec(doc.getXmlFragment("notes").toString())?.[0] ?? "";

it("is a new one after everything was deleted, and another one in another room", () => {
  const doc = begun("booth", seedOf("room", new Y.Doc()));
  const first = idOf(doc);
  doc.getXmlFragment("notes").delete(0, doc.getXmlFragment("notes").length);
  expect(hasContent(doc)).toBe(false);
  begun("booth", seedOf("room", doc), doc);
  expect(hasContent(doc)).toBe(true);
  expect(idOf(doc)).not.toBe(first);
  expect(idOf(begun("booth", seedOf("other", new Y.Doc())))).not.toBe(first);
});

it("names a document by its state, whoever asks", () => {
  const doc = begun("lounge", "room");
  expect(seedOf("room", doc)).toBe(seedOf("room", copied(doc)));
  const before = seedOf("room", doc);
  doc.getXmlFragment("notes").insert(0, [new Y.XmlElement("paragraph")]);
  expect(seedOf("room", doc)).not.toBe(before);
});
