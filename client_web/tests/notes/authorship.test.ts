import { expect, it } from "vitest";
import { type Authored, authorship } from "../../src/notes/authorship";
import { FRAGMENT } from "../../src/notes/document";
import { schema } from "../../src/notes/source";
import { exchange, NotesPage } from "../support/notesPage";

const isLeaf = (name: string) => schema.nodes[name]?.isLeaf ?? false;
const stretches = (page: NotesPage): Authored[] => authorship(page.doc.getXmlFragment(FRAGMENT), isLeaf);
/** What each stretch says, with "@" for what is no text. */
const said = (page: NotesPage, names: ReadonlyMap<number, string>) =>
  stretches(page).map(
    ({ from, to, client }) => `${names.get(client)}: ${page.state.doc.textBetween(from, to, "|", "@")}`,
  );

it("finds every word's author, where the editor has it", () => {
  const [ana, ben] = [new NotesPage(), new NotesPage()];
  const names = new Map([
    [ana.doc.clientID, "Ana"],
    [ben.doc.clientID, "Ben"],
  ]);
  ana.type(1, "Good 🌱 morning");
  ana.insert(0, schema.nodeFromJSON({ type: "horizontalRule" }));
  exchange(ana.doc, ben.doc);
  // Into the words of another, with a mark, and a name between them.
  ben.dispatch(ben.state.tr.insertText("early ", 10).addMark(12, 20, schema.mark("bold")));
  ben.insert(23, schema.nodeFromJSON({ type: "mention", attrs: { id: "p1", label: "Ana" } }));
  exchange(ana.doc, ben.doc);
  ana.dispatch(ana.state.tr.delete(4, 6));
  exchange(ana.doc, ben.doc);

  for (const page of [ana, ben]) {
    expect(said(page, names)).toEqual(["Ana: @", "Ana: Go 🌱 ", "Ben: early ", "Ana: morning", "Ben: @"]);
    page.close();
  }
});

it("covers all that stands there, in order and once", () => {
  const page = new NotesPage();
  page.insert(
    0,
    schema.nodeFromJSON({
      type: "bulletList",
      content: ["a", "b"].map((text) => ({
        type: "listItem",
        content: [{ type: "paragraph", content: [{ type: "text", text: text.repeat(3) }] }],
      })),
    }),
  );
  const found = stretches(page);
  expect(found.map(({ from, to }) => page.state.doc.textBetween(from, to))).toEqual(["aaa", "bbb"]);
  page.close();
});
