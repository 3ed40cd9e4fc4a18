import { EditorState, TextSelection } from "@tiptap/pm/state";
import { describe, expect, it } from "vitest";
import { findPeople, mentionQuery } from "../../src/notes/mentionSearch";
import { schema } from "../../src/notes/source";

const people = ["Ana Ruiz", "Benjamin Okafor", "Bea Anaya", "Elías Núñez"].map((name) => ({
  personId: name,
  name,
  isHere: true,
}));
const found = (text: string) => findPeople(people, text).map(({ name }) => name);

describe("finding people", () => {
  it("goes by how names begin, without accents and capitals", () => {
    expect(found("an")).toEqual(["Ana Ruiz", "Bea Anaya"]);
    expect(found("NUN")).toEqual(["Elías Núñez"]);
    expect(found("ana r")).toEqual(["Ana Ruiz"]);
    expect(found("iz")).toEqual([]);
    expect(found("")).toEqual(["Ana Ruiz", "Bea Anaya", "Benjamin Okafor", "Elías Núñez"]);
  });

  it("offers who is here before who is not", () => {
    const all = people.map((person) => ({ ...person, isHere: !person.name.startsWith("Ana") }));
    expect(findPeople(all, "an").map(({ name }) => name)).toEqual(["Bea Anaya", "Ana Ruiz"]);
    expect(findPeople(all, "").at(-1)?.name).toBe("Ana Ruiz");
  });

  it("offers no more than one can look over", () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      personId: `${index}`,
      name: `Ana ${index}`,
      isHere: true,
    }));
    expect(findPeople(many, "a").length).toBe(6);
  });
});

describe("what is looked for", () => {
  const queryOf = (text: string, type = "paragraph") => {
    const doc = schema.node("doc", null, [schema.node(type, null, text === "" ? [] : [schema.text(text)])]);
    const state = EditorState.create({ doc, selection: TextSelection.atEnd(doc) });
    return mentionQuery(state);
  };

  it("stands behind an @ that begins a word", () => {
    expect(queryOf("Ask @be")).toEqual({ from: 5, to: 8, text: "be" });
    expect(queryOf("@")).toEqual({ from: 1, to: 2, text: "" });
    expect(queryOf("(@ana ru")?.text).toBe("ana ru");
    expect(queryOf("¿@ana")?.text).toBe("ana");
  });

  it("is nothing in an address, after two words, or in code", () => {
    expect(queryOf("ana@example")).toBeNull();
    expect(queryOf("@ana went home")).toBeNull();
    expect(queryOf("@ana @")?.text).toBe("");
    expect(queryOf("@ana", "codeBlock")).toBeNull();
    expect(queryOf("")).toBeNull();
  });
});
