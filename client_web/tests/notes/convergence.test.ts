import type { NodeType } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { expect, it } from "vitest";
import * as Y from "yjs";
import { schema } from "../../src/notes/source";
import { exchange, NotesPage } from "../support/notesPage";

const heading = schema.nodes.heading as NodeType;

/** A random number generator that says the same every time. */
function generator(start: number) {
  let seed = start;
  return (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

function edit(page: NotesPage, random: (below: number) => number): void {
  const { state } = page;
  const { size } = state.doc.content;
  const at = () => TextSelection.near(state.doc.resolve(random(size + 1))).from;
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
  switch (random(8)) {
    case 0:
      return page.dispatch(state.tr.delete(from, to));
    case 1:
      return page.dispatch(state.tr.split(from));
    case 2:
      return page.dispatch(state.tr.addMark(from, to, schema.mark(random(2) === 0 ? "bold" : "italic")));
    case 3:
      return page.dispatch(state.tr.setBlockType(from, to, heading, { level: 1 + random(3) }));
    case 4:
      return page.insert(
        0,
        schema.nodeFromJSON({
          type: "taskList",
          content: [{ type: "taskItem", content: [{ type: "paragraph" }] }],
        }),
      );
    case 5:
      return random(2) === 0 ? page.undo() : page.redo();
    default:
      return page.type(from, ["a", "bc", " ", "ñ"][random(4)] ?? "d");
  }
}

it("makes the same of everything that pages wrote without each other", () => {
  for (let round = 0; round < 12; round++) {
    const random = generator(round + 1);
    // The same clients every time, since their order decides between them.
    const pages = [1, 2, 3].map((client) => new NotesPage(Object.assign(new Y.Doc(), { clientID: client })));
    const docs = pages.map(({ doc }) => doc);
    for (let step = 0; step < 60; step++) {
      const page = pages[random(pages.length)];
      if (page) edit(page, random);
      // Lines fail, for one pair or another.
      const [a, b] = [docs[random(3)], docs[random(3)]];
      if (a && b && a !== b && random(4) === 0) exchange(a, b);
    }
    exchange(...docs);
    exchange(...docs);
    const writes = pages.map((page) => page.writes);
    exchange(...docs);
    expect(
      pages.map((page) => page.writes),
      "they have nothing more to say to each other",
    ).toEqual(writes);
    const [first] = pages;
    for (const page of pages) {
      page.state.doc.check();
      expect(page.text).toBe(first?.text);
      expect(page.state.doc.textContent).toBe(first?.state.doc.textContent);
      page.close();
    }
  }
});

it("undoes one's own only", () => {
  const [one, two] = [new NotesPage(), new NotesPage()];
  one.type(1, "mine ");
  exchange(one.doc, two.doc);
  two.type(6, "yours");
  exchange(one.doc, two.doc);
  one.undo();
  exchange(one.doc, two.doc);
  expect([one.text, two.text]).toEqual(["<paragraph>yours</paragraph>", "<paragraph>yours</paragraph>"]);
  one.redo();
  exchange(one.doc, two.doc);
  expect(two.text).toBe("<paragraph>mine yours</paragraph>");
  one.close();
  two.close();
});
