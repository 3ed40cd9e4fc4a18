import { expect, it } from "vitest";
import * as Y from "yjs";
import { documentOf, restoreBoard, restoreNotes } from "../../src/desk/restore";

const versionOf = (doc: Y.Doc) => documentOf(Y.encodeStateAsUpdate(doc));

function board(): Y.Doc {
  const doc = new Y.Doc();
  const elements = doc.getMap<string>("elements");
  elements.set("kept", "1");
  elements.set("changed", "before");
  elements.set("removed", "1");
  doc.getMap<Y.Array<number>>("points").set("kept", Y.Array.from([1, 2]));
  doc.getMap<Y.Array<number>>("points").set("removed", Y.Array.from([3, 4]));
  doc.getMap<string>("files").set("file", "{}");
  return doc;
}

it("brings a board back to how it was, and touches nothing else", () => {
  const doc = board();
  const version = versionOf(doc);
  const before = doc.toJSON();
  doc.getMap("elements").set("changed", "after");
  doc.getMap("elements").set("added", "1");
  doc.getMap("elements").delete("removed");
  doc.getMap<Y.Array<number>>("points").get("kept")?.push([9]);
  doc.getMap("points").delete("removed");
  doc.getMap("points").set("added", Y.Array.from([5]));
  const touched = new Set<string>();
  doc.getMap("elements").observe(({ keysChanged }) => {
    for (const key of keysChanged) touched.add(key);
  });
  restoreBoard(doc, version);
  expect(doc.toJSON()).toEqual(before);
  expect([...touched].sort()).toEqual(["added", "changed", "removed"]);
});

it("is a change like any other: what others have drawn meanwhile stays", () => {
  const doc = board();
  const version = versionOf(doc);
  const other = versionOf(doc);
  other.getMap("elements").set("theirs", "1");
  restoreBoard(doc, version);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  expect(doc.getMap("elements").get("theirs")).toBe("1");
});

it("brings notes back, with what stands in them and how", () => {
  const doc = new Y.Doc();
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText("First thoughts")]);
  doc.getXmlFragment("notes").insert(0, [paragraph]);
  const version = versionOf(doc);
  const before = doc.getXmlFragment("notes").toString();
  doc.getXmlFragment("notes").delete(0, 1);
  doc.getXmlFragment("notes").insert(0, [new Y.XmlElement("horizontalRule")]);
  restoreNotes(doc, version);
  expect(doc.getXmlFragment("notes").toString()).toBe(before);
});

it("changes nothing where nothing has changed", () => {
  const doc = board();
  const version = versionOf(doc);
  let updates = 0;
  doc.on("update", () => updates++);
  restoreBoard(doc, version);
  restoreNotes(doc, version);
  expect(updates).toBe(0);
});
