import { expect, it } from "vitest";
import * as Y from "yjs";
import { readRemoteCursor } from "../../src/notes/remoteCursor";

const user = { name: "Ana", personId: "ana" };
const position = { tname: "notes", assoc: -1 };
const item = { type: { client: 1, clock: 2 }, item: { client: 1, clock: 3 }, assoc: 0 };

it("reads what our pages send", () => {
  const text = new Y.Doc().getXmlFragment("notes");
  const real = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, 0));
  for (const anchor of [position, item, real]) {
    expect(readRemoteCursor({ user, cursor: { anchor, head: position } })).toEqual({
      user,
      cursor: { anchor, head: position },
    });
  }
});

it.each<[string, unknown]>([
  ["nothing", null],
  ["a word", "state"],
  ["nobody", { cursor: { anchor: position, head: position } }],
  ["a user that is a word", { user: "Ana", cursor: { anchor: position, head: position } }],
  [
    "a name that is none",
    { user: { ...user, name: { toString: 1 } }, cursor: { anchor: position, head: position } },
  ],
  [
    "an id that is none",
    { user: { ...user, personId: { toString: 1 } }, cursor: { anchor: position, head: position } },
  ],
  ["a cursor that is a number", { user, cursor: 5 }],
  ["a position of nothing", { user, cursor: { anchor: {}, head: position } }],
  ["another text", { user, cursor: { anchor: { tname: "board" }, head: position } }],
  ["clocks that are none", { user, cursor: { anchor: { item: { client: 1, clock: "2" } }, head: position } }],
  ["a negative clock", { user, cursor: { anchor: position, head: { type: { client: -1, clock: 0 } } } }],
])("does not believe %s", (_, state) => {
  expect(readRemoteCursor(state)).toBeNull();
});

it("keeps names short", () => {
  const read = readRemoteCursor({
    user: { ...user, name: "x".repeat(5000) },
    cursor: { anchor: position, head: position },
  });
  expect(read?.user.name.length).toBe(60);
});
