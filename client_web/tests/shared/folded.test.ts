import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folded } from "../../src/shared/folded";

interface Case {
  name: string;
  found_by: string[];
  missed_by: string[];
}

const VECTORS = new URL("../../../protocol/vectors/found_names.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(VECTORS, "utf8")) as { cases: Case[] };

describe("a name that is looked for", () => {
  it.each(cases)("is found as the server finds it: $name", ({ name, found_by, missed_by }) => {
    const finds = (typed: string) => folded(name).includes(folded(typed));
    expect(found_by.filter((typed) => !finds(typed))).toEqual([]);
    expect(missed_by.filter(finds)).toEqual([]);
  });
});
