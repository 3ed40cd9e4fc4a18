import { describe, expect, it } from "vitest";
import type { EntryQuery } from "../../../src/connection/hours";
import {
  type Approval,
  approveAll,
  dutyQuery,
  readAll,
  readSome,
  sumOf,
} from "../../../src/hours/programme/duties";
import type {
  ConfirmedEntries,
  HoursEntry,
  HoursEntryList,
  SeenEntry,
} from "../../../src/protocol/generated";
import { MAX_ENTRY_PAGE } from "../../../src/protocol/generated";

const DAYS = { from: "2026-08-24", to: "2026-12-18" };
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
const QUERY = { limit: MAX_ENTRY_PAGE };

describe("what is asked for", () => {
  it("is what stands so in the days that are looked at, of one person where one is", () => {
    expect(dutyQuery("disputed", DAYS, "2026-11-23", "u_1")).toMatchObject({
      state: "disputed",
      personId: "u_1",
      from: DAYS.from,
      to: DAYS.to,
    });
  });

  it("waits only when it is older than a week", () => {
    expect(dutyQuery("waiting", DAYS, "2026-11-23", undefined)).toMatchObject({
      state: "proposed",
      to: "2026-11-16",
    });
    expect(
      dutyQuery("waiting", { from: "2026-11-02", to: "2026-11-08" }, "2026-11-23", undefined),
    ).toMatchObject({
      to: "2026-11-08",
    });
    expect(
      dutyQuery("waiting", { from: "2026-11-17", to: "2026-11-23" }, "2026-11-23", undefined),
    ).toBeNull();
  });
});

describe("reading some", () => {
  it("reads one page where all are wanted, and says that there are more", async () => {
    const log = logOf(all(250));
    const found = await readSome(log.fetchEntries, QUERY, null, signal);
    expect(found.entries).toHaveLength(100);
    expect(found.hasMore).toBe(true);
    expect(log.asked).toHaveLength(1);
  });

  it("goes on where most are of other pairs, up to the end", async () => {
    const log = logOf([...all(340, "other"), entryOf(340, "own")]);
    const found = await readSome(log.fetchEntries, QUERY, new Set(["own"]), signal);
    expect(found.entries.map(({ entry_id }) => entry_id)).toEqual(["e340"]);
    expect(found.hasMore).toBe(false);
  });

  it("gives up in time", async () => {
    const log = logOf(all(5_000, "other"));
    const found = await readSome(log.fetchEntries, QUERY, new Set(["own"]), signal);
    expect(found).toEqual({ entries: [], hasMore: true });
    expect(log.asked).toHaveLength(10);
  });
});

describe("reading all", () => {
  it("reads every page, and none twice where new ones have moved the others on", async () => {
    const log = logOf(all(1_234));
    const moved = async (query: EntryQuery) => {
      const cursor = query.cursor === undefined ? undefined : String(Number(query.cursor) - 1);
      return log.fetchEntries({ ...query, cursor });
    };
    const counts: number[] = [];
    const found = await readAll(moved, QUERY, null, signal, (count) => counts.push(count));
    expect(new Set(found.map(({ entry_id }) => entry_id)).size).toBe(found.length);
    expect(found).toHaveLength(1_234);
    expect(counts.at(-1)).toBe(1_234);
  });

  it("leaves out other pairs", async () => {
    const found = await readAll(logOf(all(30)).fetchEntries, QUERY, new Set(["p1"]), signal, () => undefined);
    expect(found).toHaveLength(10);
  });
});

describe("approving all", () => {
  const seen = (entries: readonly HoursEntry[]) =>
    entries.map(({ entry_id, number }) => ({ entry_id, number }));
  const approving = (refused: ReadonlySet<string> = new Set()) => {
    const lots: (readonly SeenEntry[])[] = [];
    const approve = async (lot: readonly SeenEntry[]): Promise<ConfirmedEntries> => {
      lots.push(lot);
      const taken = lot.filter(({ entry_id }) => !refused.has(entry_id));
      return { entries: taken.map(() => entryOf(0)), refused: [] };
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

  it("tells how far it is, and how many were not taken", async () => {
    const { approve } = approving(new Set(["e3", "e120"]));
    const told: Approval[] = [];
    await approveAll(
      approve,
      all(150),
      () => false,
      (done) => told.push(done),
    );
    expect(told).toEqual([
      { sent: 100, approved: 99 },
      { sent: 150, approved: 148 },
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
