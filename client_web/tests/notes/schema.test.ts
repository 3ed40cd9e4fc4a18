import { describe, expect, it } from "vitest";
import { schema } from "../../src/notes/source";
import { NotesPage } from "../support/notesPage";

const attributesOf = (types: Readonly<Record<string, { spec: { attrs?: unknown } }>>) =>
  Object.fromEntries(
    Object.entries(types).map(([name, { spec }]) => [
      name,
      Object.keys((spec.attrs as object | undefined) ?? {}).sort(),
    ]),
  );

it("has the nodes, marks and attributes that the server's reader knows", () => {
  expect(attributesOf(schema.nodes)).toEqual({
    doc: [],
    text: [],
    paragraph: [],
    heading: ["level"],
    bulletList: [],
    orderedList: ["start"],
    listItem: [],
    taskList: [],
    taskItem: ["checked", "due", "itemId", "ownerId", "ownerName"],
    blockquote: [],
    codeBlock: [],
    horizontalRule: [],
    hardBreak: [],
    mention: ["id", "label"],
    timestamp: ["at", "meetingId", "openedAt"],
  });
  expect(attributesOf(schema.marks)).toEqual({
    bold: [],
    italic: [],
    strike: [],
    underline: [],
    code: [],
    link: ["href"],
  });
});

const words = (text: string, ...marks: object[]) => ({
  type: "text",
  text,
  ...(marks.length > 0 ? { marks } : {}),
});
const paragraph = (...content: object[]) => ({ type: "paragraph", content });

/** Every node and every mark once. */
const EVERYTHING = {
  type: "doc",
  content: [
    { type: "heading", attrs: { level: 2 }, content: [words("Monday")] },
    paragraph(
      words("b", { type: "bold" }),
      words("i", { type: "italic" }),
      words("s", { type: "strike" }),
      words("u", { type: "underline" }),
      words("c", { type: "code" }),
      words("l", { type: "link", attrs: { href: "https://example.org/" } }),
      { type: "hardBreak" },
      { type: "mention", attrs: { id: "p1", label: "Ana Ruiz" } },
      { type: "timestamp", attrs: { meetingId: "m1", at: 1795371268511, openedAt: 1795370511056 } },
    ),
    { type: "bulletList", content: [{ type: "listItem", content: [paragraph(words("one"))] }] },
    {
      type: "orderedList",
      attrs: { start: 3 },
      content: [{ type: "listItem", content: [paragraph(words("three"))] }],
    },
    {
      type: "taskList",
      content: [
        {
          type: "taskItem",
          attrs: { checked: true, itemId: "a1", ownerId: "p1", ownerName: "Ana Ruiz", due: "2026-11-27" },
          content: [paragraph(words("Call"))],
        },
        { type: "taskItem", attrs: { checked: false, itemId: "a2" }, content: [paragraph(words("Write"))] },
      ],
    },
    { type: "blockquote", content: [paragraph(words("said"))] },
    { type: "codeBlock", content: [words("let a;\nlet b;")] },
    { type: "horizontalRule" },
  ],
};

describe("what is stored", () => {
  it("is an element for each node, and formatted text for marks; attributes that are null are left out", () => {
    const page = new NotesPage();
    const doc = schema.nodeFromJSON(EVERYTHING);
    page.dispatch(page.state.tr.replaceWith(0, page.state.doc.content.size, doc.content));
    expect(page.text).toBe(
      '<heading level="2">Monday</heading>' +
        "<paragraph><bold>b</bold><italic>i</italic><strike>s</strike><underline>u</underline><code>c</code>" +
        '<link href="https://example.org/">l</link><hardbreak></hardbreak>' +
        '<mention id="p1" label="Ana Ruiz"></mention>' +
        '<timestamp at="1795371268511" meetingId="m1" openedAt="1795370511056"></timestamp></paragraph>' +
        "<bulletlist><listitem><paragraph>one</paragraph></listitem></bulletlist>" +
        '<orderedlist start="3"><listitem><paragraph>three</paragraph></listitem></orderedlist>' +
        '<tasklist><taskitem checked="true" due="2026-11-27" itemId="a1" ownerId="p1" ownerName="Ana Ruiz">' +
        '<paragraph>Call</paragraph></taskitem><taskitem checked="false" itemId="a2">' +
        "<paragraph>Write</paragraph></taskitem></tasklist>" +
        "<blockquote><paragraph>said</paragraph></blockquote><codeblock>let a;\nlet b;</codeblock>" +
        "<horizontalrule></horizontalrule>",
    );
    const other = new NotesPage(page.doc);
    expect(other.state.doc.toJSON()).toEqual(doc.toJSON());
    other.close();
    page.close();
  });

  it("has capitals and types that its text does not show", () => {
    const page = new NotesPage();
    const doc = schema.nodeFromJSON(EVERYTHING);
    page.dispatch(page.state.tr.replaceWith(0, page.state.doc.content.size, doc.content));
    const list = page.doc.getXmlFragment("notes").get(4) as never as {
      nodeName: string;
      get(i: number): typeof item;
    };
    const item = list.get(0) as never as { nodeName: string; getAttributes(): object };
    expect(list.nodeName).toBe("taskList");
    expect(item.nodeName).toBe("taskItem");
    expect(item.getAttributes()).toEqual({
      checked: true,
      itemId: "a1",
      ownerId: "p1",
      ownerName: "Ana Ruiz",
      due: "2026-11-27",
    });
    page.close();
  });
});
