/** Entries that wait for the coordinator, and approving many of them. What asks the server comes from outside. */

import type { EntryQuery } from "../../connection/hours";
import type { ConfirmedEntries, HoursEntry, HoursEntryList, SeenEntry } from "../../protocol/generated";
import { MAX_ENTRY_PAGE } from "../../protocol/generated";
import { addDays } from "../days";
import type { Days, Duty } from "./view";

/** Who has not answered for so long is reminded by a person. */
export const PATIENCE_DAYS = 7;
/** Pages read for a list: where only few pairs are looked at, most of what is read may be others'. */
const MOST_PAGES = 10;
/** Pages read to approve all: so many entries have 1,000 pairs in a year. */
const ALL_PAGES = 2_000;

type FetchEntries = (query: EntryQuery, signal?: AbortSignal) => Promise<HoursEntryList>;

/** Return what to ask for; `null`: there can be none on these days. */
export function dutyQuery(
  duty: Duty,
  days: Days,
  today: string,
  personId: string | undefined,
): EntryQuery | null {
  const query = { personId, from: days.from, limit: MAX_ENTRY_PAGE };
  if (duty !== "waiting") return { ...query, to: days.to, state: duty };
  const latest = addDays(today, -PATIENCE_DAYS);
  const to = days.to < latest ? days.to : latest;
  return to < days.from ? null : { ...query, to, state: "proposed" };
}

export interface Found {
  entries: readonly HoursEntry[];
  /** There are more. */
  hasMore: boolean;
}

export const NONE: Found = { entries: [], hasMore: false };

/** Read a page's worth of what is wanted, or all that there is. `pairIds`: only of these; `null`: of all. */
export async function readSome(
  fetchEntries: FetchEntries,
  query: EntryQuery,
  pairIds: ReadonlySet<string> | null,
  signal: AbortSignal,
): Promise<Found> {
  const entries: HoursEntry[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES && entries.length < MAX_ENTRY_PAGE; page += 1) {
    const found: HoursEntryList = await fetchEntries(withCursor(query, cursor), signal);
    entries.push(...found.entries.filter(({ pair_id }) => pairIds?.has(pair_id) ?? true));
    cursor = found.next_cursor;
    if (cursor === null) break;
  }
  return { entries, hasMore: cursor !== null };
}

/** Read all of it; `onRead` is told how many there are so far. */
export async function readAll(
  fetchEntries: FetchEntries,
  query: EntryQuery,
  pairIds: ReadonlySet<string> | null,
  signal: AbortSignal,
  onRead: (count: number) => void,
): Promise<readonly HoursEntry[]> {
  const entries = new Map<string, HoursEntry>();
  let cursor: string | null = null;
  for (let page = 0; page < ALL_PAGES; page += 1) {
    const found: HoursEntryList = await fetchEntries(withCursor(query, cursor), signal);
    for (const entry of found.entries) {
      if (pairIds?.has(entry.pair_id) ?? true) entries.set(entry.entry_id, entry);
    }
    onRead(entries.size);
    cursor = found.next_cursor;
    if (cursor === null) break;
  }
  return [...entries.values()];
}

const withCursor = (query: EntryQuery, cursor: string | null): EntryQuery =>
  cursor === null ? query : { ...query, cursor };

export interface Approval {
  /** Entries that were sent. */
  sent: number;
  /** Of them, those that are approved now. The others say something else than what was seen. */
  approved: number;
}

/**
 * Approve entries as they were seen, as many at once as the server takes; `onProgress` is told after each lot.
 *
 * Once `isStopped` it goes no further. Throws what `approve` throws: what was told before is done.
 */
export async function approveAll(
  approve: (entries: readonly SeenEntry[]) => Promise<ConfirmedEntries>,
  entries: readonly HoursEntry[],
  isStopped: () => boolean,
  onProgress: (done: Approval) => void,
): Promise<void> {
  let done: Approval = { sent: 0, approved: 0 };
  while (done.sent < entries.length && !isStopped()) {
    const lot = entries.slice(done.sent, done.sent + MAX_ENTRY_PAGE);
    const taken = await approve(lot.map(({ entry_id, number }) => ({ entry_id, number })));
    done = { sent: done.sent + lot.length, approved: done.approved + taken.entries.length };
    onProgress(done);
  }
}

export interface Sum {
  count: number;
  minutes: number;
  pairs: number;
  /** `null` where there is none. */
  days: Days | null;
}

export function sumOf(entries: readonly HoursEntry[]): Sum {
  const days = entries.map(({ day }) => day).sort();
  const [from, to] = [days[0], days.at(-1)];
  return {
    count: entries.length,
    minutes: entries.reduce((sum, { credited_minutes }) => sum + credited_minutes, 0),
    pairs: new Set(entries.map(({ pair_id }) => pair_id)).size,
    days: from === undefined || to === undefined ? null : { from, to },
  };
}
