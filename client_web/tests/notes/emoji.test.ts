/** Characters of two code units: whoever cuts one in half between two changes has the server refuse it. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { schema } from "../../src/notes/source";
import { NotesPage, REMOTE } from "../support/notesPage";

/** Two pages, the second of which is told every change of the first one by itself. */
function pair(): [NotesPage, NotesPage] {
  const [one, two] = [new NotesPage(), new NotesPage()];
  Y.applyUpdate(two.doc, Y.encodeStateAsUpdate(one.doc), REMOTE);
  one.doc.on("update", (update: Uint8Array) => Y.applyUpdate(two.doc, update, REMOTE));
  return [one, two];
}

const written = (page: NotesPage) => page.state.doc.textContent;

it.each([
  ["the same first half", "😀", "😁"],
  ["the same second half", "😀", "🨀"],
  ["more of them", "😀", "😀😁"],
  ["fewer of them", "👩🏽‍🏫", "👩"],
  ["a letter", "😀", "x"],
])("replaces an emoji by one with %s", (_, before, after) => {
  const [one, two] = pair();
  one.type(1, `a${before}b`);
  one.dispatch(one.state.tr.insertText(after, 2, 2 + before.length));
  expect(written(one)).toBe(`a${after}b`);
  expect(written(two)).toBe(`a${after}b`);
  one.undo();
  expect(written(two)).toBe(written(one));
  expect(written(two)).not.toContain("\ufffd");
});

it("marks and deletes whole emoji", () => {
  const [one, two] = pair();
  one.type(1, "a😀😁b");
  one.dispatch(one.state.tr.addMark(2, 4, schema.mark("bold")));
  one.dispatch(one.state.tr.delete(4, 6));
  expect(two.text).toBe(one.text);
  expect(written(two)).toBe("a😀b");
});

it("has no half of an emoji cut off for the others, even where its own text has a half", () => {
  const [one] = pair();
  one.type(1, "a😀b");
  const before = Y.encodeStateVector(one.doc);
  one.dispatch(one.state.tr.delete(3, 4));
  const change = Y.decodeUpdate(Y.encodeStateAsUpdate(one.doc, before));
  const deleted = [...change.ds.clients.values()].flat();
  expect(deleted).toHaveLength(1);
  expect(deleted[0]).toMatchObject({ len: 2 });
});
