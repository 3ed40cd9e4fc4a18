import { describe, expect, it } from "vitest";
import type { EntryQuery } from "../../../src/connection/hours";
import {
  type Approval,
  approveAll,
  countOf,
  dutyQuery,
  readAll,
  sumOf,
} from "../../../src/hours/programme/duties";
import { DUTIES } from "../../../src/hours/programme/view";
import type {
  ConfirmedEntries,
  ErrorCode,
  HoursEntry,
  HoursEntryList,
  SeenEntry,
} from "../../../src/protocol/generated";
import { MAX_ENTRY_PAGE } from "../../../src/protocol/generated";

const DAYS = { from: "2026-08-24", to: "2026-12-18" };
const ALL = { kind: undefined, personId: undefined, standing: undefined, q: "" };
const { signal } = new AbortController();

const entryOf = (index: number, pairId = `p${index % 3}`): HoursEntry => ({
  entry_id: `e${index}`,
  pair_id: pairId,
  pair_kind: "mentor",
  mentor: { person_id: "u_1", name: "Ana" },
  mentee: { person_id: "u_2", name: "Ben" },
  day: `2026-11-${String((index % 28) + 1).padStart(2, "0")}`,
  state: "confirmed",
  is_confirmed_by_mentor: true,
  is_confirmed_by_mentee: true,
  contact_type: "group",
  measured_ms: null,
  credited_minutes: 10,
  text: null,
  meeting: null,
  changed_at: 0,
  number: index + 100,
  permitted: ["approved"],
});

/** A log of so many entries that gives them in pages; `asked` are the cursors that it was asked for. */
function logOf(entries: readonly HoursEntry[]) {
  const asked: (string | undefined)[] = [];
  const fetchEntries = async ({ cursor, limit = 25 }: EntryQuery): Promise<HoursEntryList> => {
    asked.push(cursor);
    const start = Number(cursor ?? 0);
    const end = start + limit;
    return {
      entries: entries.slice(start, end) as HoursEntry[],
      next_cursor: end < entries.length ? String(end) : null,
    };
  };
  return { asked, fetchEntries };
}

const all = (count: number, pairId?: string) =>
  Array.from({ length: count }, (_, index) => entryOf(index, pairId));
const QUERY = {};

describe("what is asked for", () => {
  it("is what stands so in the days that are looked at, of those pairs only that are", () => {
    const words = { kind: "mentor", personId: "u_1", standing: "at_risk", q: "ana" } as const;
    expect(dutyQuery("disputed", DAYS, "2026-11-23", words)).toEqual({
      ...words,
      state: "disputed",
      from: DAYS.from,
      to: DAYS.to,
    });
  });

  it("waits only when it is older than a week", () => {
    expect(dutyQuery("waiting", DAYS, "2026-11-23", ALL)).toMatchObject({
      state: "proposed",
      to: "2026-11-16",
    });
    expect(dutyQuery("waiting", { from: "2026-11-02", to: "2026-11-08" }, "2026-11-23", ALL)).toMatchObject({
      to: "2026-11-08",
    });
    expect(dutyQuery("waiting", { from: "2026-11-17", to: "2026-11-23" }, "2026-11-23", ALL)).toBeNull();
  });
});

it("counts what the server has counted, also what is on no page yet", () => {
  const open = { disputed_count: 3, unanswered_count: 1_204, confirmed_count: 0 };
  expect(DUTIES.map((duty) => countOf(duty, open))).toEqual([3, 1_204, 0]);
});

describe("reading all", () => {
  it("reads every page, and none twice where new ones have moved the others on", async () => {
    const log = logOf(all(1_234));
    const moved = async (query: EntryQuery) => {
      const cursor = query.cursor === undefined ? undefined : String(Number(query.cursor) - 1);
      return log.fetchEntries({ ...query, cursor });
    };
    const counts: number[] = [];
    const found = await readAll(moved, QUERY, signal, (count) => counts.push(count));
    expect(new Set(found.map(({ entry_id }) => entry_id)).size).toBe(found.length);
    expect(found).toHaveLength(1_234);
    expect(counts.at(-1)).toBe(1_234);
    expect(counts).toHaveLength(Math.ceil((1_234 + 13) / MAX_ENTRY_PAGE));
  });
});

describe("approving all", () => {
  const seen = (entries: readonly HoursEntry[]) =>
    entries.map(({ entry_id, number }) => ({ entry_id, number }));
  const approving = (refused: ReadonlyMap<string, ErrorCode> = new Map(), own: readonly string[] = []) => {
    const lots: (readonly SeenEntry[])[] = [];
    const approve = async (lot: readonly SeenEntry[]): Promise<ConfirmedEntries> => {
      lots.push(lot);
      const taken = lot.filter(({ entry_id }) => !refused.has(entry_id));
      return {
        entries: taken.map(({ entry_id }) => ({
          ...entryOf(Number(entry_id.slice(1))),
          state: own.includes(entry_id) ? "confirmed" : "approved",
        })),
        refused: lot.flatMap(({ entry_id }) => {
          const code = refused.get(entry_id);
          return code === undefined ? [] : [{ entry_id, error: { code, text: "" } }];
        }),
      };
    };
    return { lots, approve };
  };

  it("sends each once, as it was seen, as many together as the server takes", async () => {
    const { lots, approve } = approving();
    const entries = all(250);
    await approveAll(
      approve,
      entries,
      () => false,
      () => undefined,
    );
    expect(lots.map((lot) => lot.length)).toEqual([100, 100, 50]);
    expect(lots.flat()).toEqual(seen(entries));
  });

  it("tells how far it is, and why some were not taken", async () => {
    const { approve } = approving(
      new Map([
        ["e3", "entry_changed"],
        ["e120", "forbidden"],
        ["e121", "bad_request"],
      ]),
      ["e7"],
    );
    const told: Approval[] = [];
    await approveAll(
      approve,
      all(150),
      () => false,
      (done) => told.push(done),
    );
    expect(told.map(({ sent, approved }) => [sent, approved])).toEqual([
      [100, 98],
      [150, 146],
    ]);
    expect(told.at(-1)?.refused.map(({ entry, reason }) => [entry.entry_id, reason])).toEqual([
      ["e7", "own"],
      ["e3", "changed"],
      ["e120", "notYours"],
      ["e121", "alone"],
    ]);
  });

  it("stops where it is told to", async () => {
    const { lots, approve } = approving();
    await approveAll(
      approve,
      all(300),
      () => lots.length === 2,
      () => undefined,
    );
    expect(lots).toHaveLength(2);
  });
});

it("adds up what is to be approved", () => {
  expect(sumOf([])).toEqual({ count: 0, minutes: 0, pairs: 0, days: null });
  expect(sumOf([entryOf(9), entryOf(3), entryOf(5)])).toEqual({
    count: 3,
    minutes: 30,
    pairs: 2,
    days: { from: "2026-11-04", to: "2026-11-10" },
  });
});
