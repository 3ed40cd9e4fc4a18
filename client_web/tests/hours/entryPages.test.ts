import { expect, it } from "vitest";
import { NOTHING_READ, type PagesAction, reducePages } from "../../src/hours/entryPages";
import type { HoursEntryList } from "../../src/protocol/generated";
import { Problem } from "../../src/shared/problem";
import { entry } from "../support/hours";

/** A page of entries with ids of one letter; with a cursor, it is not the last one. */
const page = (ids: string, next_cursor: string | null = null): HoursEntryList => ({
  entries: [...ids].map((entry_id) => entry({ entry_id })),
  next_cursor,
});
const began = (...of: Parameters<typeof page>): PagesAction => ({ type: "began", page: page(...of) });
const followed = (afterId: string, ...of: Parameters<typeof page>): PagesAction => ({
  type: "followed",
  afterId,
  page: page(...of),
});
const ASKED: PagesAction = { type: "asked" };
const after = (...actions: PagesAction[]) => actions.reduce(reducePages, NOTHING_READ);
const shown = (...actions: PagesAction[]) => {
  const { entries, cursor } = after(...actions);
  return [entries?.map(({ entry_id }) => entry_id).join("") ?? null, cursor];
};
const LONG = [began("abcd", "d"), ASKED, followed("d", "efgh", "h")];

it("shows the first page alone until more is asked for", () => {
  expect(shown()).toEqual([null, null]);
  expect(shown(began("abcd", "d"), began("nabc", "c"))).toEqual(["nabc", "c"]);
  expect(shown(began("abcd", "d"), began(""))).toEqual(["", null]);
});

it("keeps what new entries push off the first page, and shows none twice", () => {
  expect(shown(...LONG)).toEqual(["abcdefgh", "h"]);
  expect(shown(...LONG, began("mnab", "b"))).toEqual(["mnabcdefgh", "h"]);
  expect(shown(...LONG, began("mnab", "b"), began("klmn", "n"))).toEqual(["klmnabcdefgh", "h"]);
});

it("keeps it also while more is on its way", () => {
  expect(shown(began("abcd", "d"), ASKED, began("mnab", "b"), followed("d", "efgh", "h"))).toEqual([
    "mnabcdefgh",
    "h",
  ]);
});

it("goes on from where it ended, however its beginning has changed", () => {
  const ended = [...LONG, ASKED, followed("h", "ij")];
  expect(shown(...ended)).toEqual(["abcdefghij", null]);
  expect(shown(...ended, began("nabc", "c"))).toEqual(["nabcdefghij", null]);
});

it("lets go of what the first page says no more", () => {
  expect(shown(...LONG, began("acde", "e"))).toEqual(["acdefgh", "h"]);
  expect(shown(...LONG, began("ac"))).toEqual(["ac", null]);
  expect(shown(began("abcd", "d"), ASKED, began("acde", "e"), followed("d", "efgh", "h"))).toEqual([
    "acdefgh",
    "h",
  ]);
});

it("begins anew where nobody knows what lies between, and takes no answer that would leave a hole", () => {
  const anew = [...LONG, ASKED, began("wxyz", "z")];
  expect(shown(...anew)).toEqual(["wxyz", "z"]);
  expect(shown(...anew, followed("h", "ijkl", "l"))).toEqual(["wxyz", "z"]);
  expect(after(...anew, followed("h", "ijkl", "l")).isReading).toBe(false);
});

it("shows each entry as it is known newest, whichever answer comes last", () => {
  const [old, now] = [entry({ entry_id: "d", number: 4 }), entry({ entry_id: "d", number: 9 })];
  const [a, e] = [entry({ entry_id: "a" }), entry({ entry_id: "e" })];
  const first = (one: typeof old): PagesAction => ({
    type: "began",
    page: { entries: [a, one], next_cursor: "d" },
  });
  expect(after(first(old), ASKED, followed("d", "e"), first(now)).entries).toEqual([a, now, e]);
  expect(after(first(now), ASKED, followed("d", "e"), first(old)).entries).toEqual([a, now, e]);
});

it("says that no more could be read, until somebody tries again", () => {
  const problem = new Problem("unreachable");
  const failed = after(began("abcd", "d"), ASKED, { type: "failed", problem });
  expect(failed).toMatchObject({ isReading: false, problem });
  expect(reducePages(failed, began("abcd", "d")).problem).toBe(problem);
  expect(reducePages(failed, { type: "retried" }).problem).toBeNull();
  expect(reducePages(failed, ASKED)).toMatchObject({ isReading: true, problem: null });
});

it("begins anew when what was read is forgotten, whatever was on its way", () => {
  const forgotten = [...LONG, ASKED, { type: "forgotten" } as const];
  expect(after(...forgotten)).toEqual(NOTHING_READ);
  expect(shown(...forgotten, began("gh"), followed("d", "efgh"))).toEqual(["gh", null]);
});
