/** Entries that wait for the coordinator, and approving many of them. What asks the server comes from outside. */

import type { EntryQuery } from "../../connection/hours";
import type {
  ConfirmedEntries,
  HoursEntry,
  HoursEntryList,
  OpenEntries,
  SeenEntry,
} from "../../protocol/generated";
import { MAX_ENTRY_PAGE, PATIENCE_DAYS } from "../../protocol/generated";
import { addDays } from "../days";
import { type Refused, refusedOf } from "../reasons";
import type { Days, Duty, PairWords } from "./view";

/** Pages read to approve all: so many entries have 1,000 pairs in a year. */
const ALL_PAGES = 2_000;

type FetchEntries = (query: EntryQuery, signal?: AbortSignal) => Promise<HoursEntryList>;

/** Return what to ask for, of which pairs and when; `null`: there can be none on these days. */
export function dutyQuery(duty: Duty, days: Days, today: string, words: PairWords): EntryQuery | null {
  const query = { ...words, from: days.from };
  if (duty !== "waiting") return { ...query, to: days.to, state: duty };
  const latest = addDays(today, -PATIENCE_DAYS);
  const to = days.to < latest ? days.to : latest;
  return to < days.from ? null : { ...query, to, state: "proposed" };
}

/** Return how many there are, as the server has counted them. */
export function countOf(duty: Duty, open: OpenEntries): number {
  return {
    disputed: open.disputed_count,
    waiting: open.unanswered_count,
    confirmed: open.confirmed_count,
  }[duty];
}

/** Read all of it; `onRead` is told how many there are so far. */
export async function readAll(
  fetchEntries: FetchEntries,
  query: EntryQuery,
  signal: AbortSignal,
  onRead: (count: number) => void,
): Promise<readonly HoursEntry[]> {
  const entries = new Map<string, HoursEntry>();
  let cursor: string | null = null;
  for (let page = 0; page < ALL_PAGES; page += 1) {
    const found: HoursEntryList = await fetchEntries(atCursor(query, cursor), signal);
    for (const entry of found.entries) entries.set(entry.entry_id, entry);
    onRead(entries.size);
    cursor = found.next_cursor;
    if (cursor === null) break;
  }
  return [...entries.values()];
}

const atCursor = (query: EntryQuery, cursor: string | null): EntryQuery => ({
  ...query,
  limit: MAX_ENTRY_PAGE,
  ...(cursor !== null && { cursor }),
});

export interface Approval {
  /** Entries that were sent. */
  sent: number;
  /** Of them, those that are approved now. */
  approved: number;
  /** The others, and why each is not. */
  refused: readonly Refused[];
}

export const NOTHING_SENT: Approval = { sent: 0, approved: 0, refused: [] };

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
  let done = NOTHING_SENT;
  while (done.sent < entries.length && !isStopped()) {
    const lot = entries.slice(done.sent, done.sent + MAX_ENTRY_PAGE);
    const taken = await approve(lot.map(({ entry_id, number }) => ({ entry_id, number })));
    // Whose own hours they are has only said yes to them, once more.
    const own = taken.entries.filter(({ state }) => state !== "approved");
    done = {
      sent: done.sent + lot.length,
      approved: done.approved + taken.entries.length - own.length,
      refused: [
        ...done.refused,
        ...own.map((entry): Refused => ({ entry, reason: "own" })),
        ...refusedOf(lot, taken),
      ],
    };
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
