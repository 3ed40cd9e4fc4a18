import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createReader } from "../../../src/hours/programme/readProgramme";
import { type Question, readView } from "../../../src/hours/programme/view";

const question = (words: string): Question => readView(new URLSearchParams(words));
const { signal } = new AbortController();

/** The words that the server was asked for, in their order. */
let asked: string[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (path: string) => {
    const words = path.split("?")[1] ?? "";
    asked.push(words);
    const said = new URLSearchParams(words);
    return Response.json({
      words,
      first_day: said.get("from") ?? "2026-08-26",
      last_day: said.get("to") ?? "2026-12-18",
      standings: [{ standing: "overdue", pair_count: words.length }],
    });
  });
});
afterEach(() => void vi.unstubAllGlobals());

it("asks once where nothing is narrowed down", async () => {
  const read = createReader();
  const { shown, whole } = await read(question(""), signal);
  expect(asked).toEqual([""]);
  expect(shown).toBe(whole);
});

it("reads a week beside all weeks, cut to their days", async () => {
  const { shown, whole } = await createReader()(question("week=2026-08-24&q=ana"), signal);
  expect(whole).toMatchObject({ words: "q=ana" });
  expect(shown).toMatchObject({ words: "from=2026-08-26&to=2026-08-30&q=ana" });
});

it("shows all weeks where the week is not among them", async () => {
  const { shown, whole } = await createReader()(question("week=2025-08-25"), signal);
  expect(shown).toBe(whole);
});

it("counts all standings, whichever is looked at", async () => {
  const { shown, standings } = await createReader()(question("standing=met&kind=mentor"), signal);
  expect(shown).toMatchObject({ words: "kind=mentor&standing=met" });
  expect(standings).toEqual([{ standing: "overdue", pair_count: "kind=mentor".length }]);
});

it("does not ask again for what another question has brought", async () => {
  const read = createReader();
  await read(question("q=ana"), signal);
  asked = [];
  await read(question("q=ana&week=2026-10-19"), signal);
  expect(asked).toEqual(["from=2026-10-19&to=2026-10-25&q=ana"]);
  asked = [];
  await read(question("q=ana"), signal);
  expect(asked).toEqual([]);
});

it("asks for everything anew where the question is the same", async () => {
  const read = createReader();
  const same = question("standing=met&week=2026-10-19");
  await read(same, signal);
  asked = [];
  await read(same, signal);
  expect(asked.sort()).toEqual(["", "from=2026-10-19&to=2026-10-25&standing=met", "standing=met"]);
});

it("asks again after a reading that failed", async () => {
  const read = createReader();
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(read(question(""), signal)).rejects.toMatchObject({ code: "unreachable" });
  vi.stubGlobal("fetch", answer);
  await expect(read(question(""), signal)).resolves.toMatchObject({ shown: { words: "" } });
});
