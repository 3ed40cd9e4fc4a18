import { expect, it } from "vitest";
import * as Y from "yjs";
import { BROUGHT_BACK, bringBackNotes } from "../../src/notes/bringBack";

function notes(): Y.Doc {
  const doc = new Y.Doc();
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText("First thoughts")]);
  doc.getXmlFragment("notes").insert(0, [paragraph]);
  return doc;
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

it("brings notes back, with what stands in them and how, as one step that can be undone", () => {
  const doc = notes();
  const version = copyOf(doc);
  const before = doc.getXmlFragment("notes").toString();
  doc.getXmlFragment("notes").delete(0, 1);
  doc.getXmlFragment("notes").insert(0, [new Y.XmlElement("horizontalRule")]);
  const later = doc.getXmlFragment("notes").toString();
  const undoing = new Y.UndoManager(doc.getXmlFragment("notes"), { trackedOrigins: new Set([BROUGHT_BACK]) });
  expect(bringBackNotes(doc, version)).toBe(true);
  expect(doc.getXmlFragment("notes").toString()).toBe(before);
  undoing.undo();
  expect(doc.getXmlFragment("notes").toString()).toBe(later);
  expect(undoing.undoStack).toEqual([]);
});

it("changes nothing where nothing has changed", () => {
  const doc = notes();
  const version = copyOf(doc);
  let updates = 0;
  doc.on("update", () => updates++);
  expect(bringBackNotes(doc, version)).toBe(false);
  expect(updates).toBe(0);
});
