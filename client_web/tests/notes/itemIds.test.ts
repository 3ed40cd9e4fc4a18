import { Slice } from "@tiptap/pm/model";
import { expect, it } from "vitest";
import { FRAGMENT } from "../../src/notes/document";
import { itemsWithoutOwnId, withoutIds } from "../../src/notes/itemIds";
import { schema } from "../../src/notes/source";
import { copied, element, exchange, NotesPage, written } from "../support/notesPage";

const item = (itemId: string | null, text: string) =>
  schema.nodeFromJSON({
    type: "taskItem",
    attrs: { itemId, ownerId: "p1" },
    content: [{ type: "paragraph", content: [{ type: "text", text }] }],
  });
const list = (...items: ReturnType<typeof item>[]) => schema.node("taskList", null, items);

function idsOf(page: NotesPage): string[] {
  const ids: string[] = [];
  page.state.doc.descendants((node) => {
    if (node.type.name === "taskItem") ids.push(node.attrs.itemId);
  });
  return ids;
}

it("gives an id to every new item, in the same change", () => {
  const page = new NotesPage();
  page.insert(0, list(item(null, "a"), item(null, "b")));
  const [a, b] = idsOf(page);
  expect(a).toMatch(/^[0-9a-f]{32}$/);
  expect(b).toMatch(/^[0-9a-f]{32}$/);
  expect(a).not.toBe(b);
  expect(page.writes).toBe(1);
  expect(page.text).toContain(`itemId="${a}"`);
  page.close();
});

it("lets the first keep an id that two have", () => {
  const page = new NotesPage();
  page.insert(0, list(item("same", "a"), item("same", "b"), item("not an id", "c")));
  const [a, b, c] = idsOf(page);
  expect(a).toBe("same");
  expect(new Set([a, b, c]).size).toBe(3);
  expect(itemsWithoutOwnId(page.state.doc)).toEqual([]);
  page.close();
});

it("takes the ids from what is pasted, and nothing else", () => {
  const type = schema.nodes.taskItem;
  if (type === undefined) throw new Error("no action items");
  const pasted = withoutIds(new Slice(list(item("x", "a")).content, 1, 1), type);
  expect(pasted.content.firstChild?.attrs).toMatchObject({ itemId: null, ownerId: "p1" });
  expect(pasted.content.firstChild?.textContent).toBe("a");
  expect([pasted.openStart, pasted.openEnd]).toEqual([1, 1]);
});

it("never answers what arrives: pages with the same two items write nothing until somebody does", () => {
  const source = written((fragment) =>
    fragment.insert(0, [
      element(
        "taskList",
        {},
        element("taskItem", { itemId: "same" }, element("paragraph", {}, "a")),
        element("taskItem", { itemId: "same" }, element("paragraph", {}, "b")),
        element("taskItem", {}, element("paragraph", {}, "c")),
      ),
    ]),
  );
  const [one, two] = [new NotesPage(copied(source)), new NotesPage(copied(source))];
  source.getXmlFragment(FRAGMENT).insert(1, [element("paragraph", {}, "later")]);
  exchange(source, one.doc, two.doc);
  one.select(3);
  two.select(3);
  expect([one.writes, two.writes]).toEqual([0, 0]);

  // Both type at the same time, and both mend it; one of them counts, on both pages.
  one.type(3, "1");
  two.type(3, "2");
  exchange(one.doc, two.doc);
  const settled = [one.writes, two.writes];
  exchange(one.doc, two.doc);
  expect([one.writes, two.writes]).toEqual(settled);
  expect(idsOf(one)).toEqual(idsOf(two));
  expect(new Set(idsOf(one)).size).toBe(3);
  expect(idsOf(one)[0]).toBe("same");
  one.close();
  two.close();
});
