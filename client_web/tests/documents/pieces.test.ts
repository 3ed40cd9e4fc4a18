import { describe, expect, it } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector, mergeUpdates, Array as YArray } from "yjs";
import { piecesOf } from "../../src/documents/pieces";

/** Apply pieces one after the other to what was there before; nothing may wait for a later one. */
function together(before: Uint8Array, pieces: Uint8Array[]): Doc {
  const doc = new Doc();
  applyUpdate(doc, before);
  for (const piece of pieces) {
    applyUpdate(doc, piece);
    expect(doc.store.pendingStructs).toBeNull();
    expect(doc.store.pendingDs).toBeNull();
  }
  return doc;
}

const EMPTY = encodeStateAsUpdate(new Doc());

/** Several people write between one another's words, and draw; `random` gives a number below another one. */
function write(docs: Doc[], random: (most: number) => number, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const doc = docs[random(docs.length)];
    const text = doc?.getText("notes");
    if (doc === undefined || text === undefined) continue;
    if (random(4) === 0 && text.length > 3) text.delete(random(text.length - 3), 1 + random(3));
    else text.insert(random(text.length + 1), "word ".slice(random(4)));
    if (random(3) === 0) doc.getMap("points").set(`${random(5)}`, YArray.from([random(99), random(99)]));
    if (random(3) === 0) for (const other of docs) applyUpdate(other, encodeStateAsUpdate(doc));
  }
}

function randomFrom(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % most;
  };
}

describe("pieces of a change", () => {
  it("are the change itself when it is short", () => {
    const doc = new Doc();
    doc.getText("notes").insert(0, "short");
    const update = encodeStateAsUpdate(doc);
    expect(piecesOf(update, update.length)).toEqual([update]);
  });

  it.each(Array.from({ length: 20 }, (_, at) => at + 1))(
    "come to the same, whoever wrote it (%i)",
    (seed) => {
      const random = randomFrom(seed);
      const docs = [new Doc(), new Doc(), new Doc()];
      write(docs, random, 40);
      const [doc = new Doc()] = docs;
      for (const other of docs) applyUpdate(doc, encodeStateAsUpdate(other));
      const before = encodeStateAsUpdate(doc);
      const state = encodeStateVector(doc);
      for (const other of docs) applyUpdate(other, before);
      write(docs, random, 200);
      for (const other of docs) applyUpdate(doc, encodeStateAsUpdate(other));
      const update = encodeStateAsUpdate(doc, state);
      const pieces = piecesOf(update, 200);
      expect(pieces.length).toBeGreaterThan(3);
      // The last one says what is deleted, too; the others, which clients they are of.
      for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeLessThan(260);
      const copy = together(before, pieces);
      expect(copy.getText("notes").toString()).toBe(doc.getText("notes").toString());
      expect(copy.getMap("points").toJSON()).toEqual(doc.getMap("points").toJSON());
      expect(encodeStateVector(copy)).toEqual(encodeStateVector(doc));
    },
  );

  it("leave a block whole that is longer by itself", () => {
    const doc = new Doc();
    doc.getText("notes").insert(0, "x".repeat(1_000));
    doc.getMap("elements").set("a", "1");
    const pieces = piecesOf(encodeStateAsUpdate(doc), 100);
    expect(pieces).toHaveLength(2);
    expect(together(EMPTY, pieces).getText("notes").toString()).toHaveLength(1_000);
  });

  it("are all there when something between is missing", () => {
    const doc = new Doc();
    const updates: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => updates.push(update));
    for (let at = 0; at < 40; at++) doc.getMap("elements").set(`${at}`, "1");
    const missing = updates.splice(20, 1);
    const pieces = piecesOf(mergeUpdates(updates), 100);
    expect(pieces.length).toBeGreaterThan(3);
    const copy = new Doc();
    for (const piece of [...pieces, ...missing]) applyUpdate(copy, piece);
    expect(copy.getMap("elements").size).toBe(40);
  });
});
