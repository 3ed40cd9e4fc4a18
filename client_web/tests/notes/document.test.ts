import { expect, it } from "vitest";
import * as Y from "yjs";
import { hasContent } from "../../src/notes/document";
import { element, written } from "../support/notesPage";

it.each<[boolean, string, () => Y.Doc]>([
  [false, "nothing", () => new Y.Doc()],
  [false, "an empty paragraph", () => written((f) => f.insert(0, [element("paragraph", {}, "")]))],
  [
    false,
    "an empty list",
    () =>
      written((f) => f.insert(0, [element("bulletList", {}, element("listItem", {}, element("paragraph")))])),
  ],
  [true, "a word", () => written((f) => f.insert(0, [element("paragraph", {}, "a")]))],
  [true, "a name", () => written((f) => f.insert(0, [element("paragraph", {}, element("mention"))]))],
  [true, "a line", () => written((f) => f.insert(0, [element("horizontalRule")]))],
])("says %s of %s", (expected, _, doc) => {
  expect(hasContent(doc())).toBe(expected);
});
