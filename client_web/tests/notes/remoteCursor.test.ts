import { expect, it } from "vitest";
import * as Y from "yjs";
import { cursorUser, readRemoteCursor } from "../../src/notes/remoteCursor";

const user = { name: "Ana", color: "#2f6f62" };
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
    "a colour that is a style",
    { user: { ...user, color: "red;background:url(//x)" }, cursor: { anchor: position, head: position } },
  ],
  ["a cursor that is a number", { user, cursor: 5 }],
  ["a position of nothing", { user, cursor: { anchor: {}, head: position } }],
  ["another text", { user, cursor: { anchor: { tname: "board" }, head: position } }],
  ["clocks that are none", { user, cursor: { anchor: { item: { client: 1, clock: "2" } }, head: position } }],
  ["a negative clock", { user, cursor: { anchor: position, head: { type: { client: -1, clock: 0 } } } }],
])("does not believe %s", (_, state) => {
  expect(readRemoteCursor(state)).toBeNull();
});

it("keeps names short, both ways", () => {
  const long = "x".repeat(5000);
  expect(JSON.stringify(cursorUser(long, "#abcdef")).length).toBeLessThan(200);
  expect(cursorUser("Ana", "javascript:").color).toMatch(/^#[0-9a-f]{6}$/);
  const read = readRemoteCursor({
    user: { ...user, name: long },
    cursor: { anchor: position, head: position },
  });
  expect(read?.user.name.length).toBe(60);
});
