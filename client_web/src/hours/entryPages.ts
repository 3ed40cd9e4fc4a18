/**
 * A list of entries that is read page by page, while its beginning is read again and again. What comes in on top, or
 * goes away, moves the others on: none of them is lost for that, and none is there twice. Pure.
 */

import type { HoursEntry, HoursEntryList } from "../protocol/generated";
import type { Problem } from "../shared/problem";

export interface EntryPages {
  /** `null` until the first are there. */
  entries: readonly HoursEntry[] | null;
  /** Asks for what comes after the last entry; `null`: nothing does. */
  cursor: string | null;
  /** More than the first page was asked for: what new entries push off it stays. */
  isLong: boolean;
  /** More is on its way. */
  isReading: boolean;
  /** Why there is no more yet. */
  problem: Problem | null;
}

export const NOTHING_READ: EntryPages = {
  entries: null,
  cursor: null,
  isLong: false,
  isReading: false,
  problem: null,
};

export type PagesAction =
  /** The beginning was read, once more. */
  | { type: "began"; page: HoursEntryList }
  | { type: "asked" }
  /** A page that follows on an entry was read. */
  | { type: "followed"; afterId: string; page: HoursEntryList }
  | { type: "failed"; problem: Problem }
  | { type: "retried" }
  /** What was read is worth nothing any more. */
  | { type: "forgotten" };

export function reducePages(pages: EntryPages, action: PagesAction): EntryPages {
  const entries = pages.entries ?? [];
  switch (action.type) {
    case "began": {
      const { page } = action;
      if (pages.isLong) return { ...pages, ...within(entries, 0, pages.cursor, page) };
      return { ...pages, entries: page.entries, cursor: page.next_cursor };
    }
    case "asked":
      return { ...pages, isLong: true, isReading: true, problem: null };
    case "followed": {
      const after = entries.findIndex(({ entry_id }) => entry_id === action.afterId);
      const now = { ...pages, isReading: false };
      // What it followed on has gone meanwhile: there would be a hole before it.
      if (after === -1) return now;
      return { ...now, ...within(entries, after + 1, pages.cursor, action.page) };
    }
    case "failed":
      return { ...pages, isReading: false, problem: action.problem };
    case "retried":
      return { ...pages, problem: null };
    case "forgotten":
      return NOTHING_READ;
  }
}

/** Return a list in which a page says all that there is from an index down to where the page ends. */
function within(
  entries: readonly HoursEntry[],
  from: number,
  cursor: string | null,
  page: HoursEntryList,
): Pick<EntryPages, "entries" | "cursor"> {
  const ids = new Set(page.entries.map(({ entry_id }) => entry_id));
  const isThere = ({ entry_id }: HoursEntry) => ids.has(entry_id);
  const rest = entries.slice(from);
  const end = rest.findLastIndex(isThere);
  // Where a page knows nothing of what was there, nobody knows what lies between the two.
  const below = end === -1 || page.next_cursor === null ? [] : rest.slice(end + 1);
  return {
    entries: newestOnce([...entries.slice(0, from), ...page.entries, ...rest.filter(isThere), ...below]),
    cursor: below.length > 0 ? cursor : page.next_cursor,
  };
}

/** Return each entry once, where it comes first, and as it is known newest. */
function newestOnce(entries: readonly HoursEntry[]): readonly HoursEntry[] {
  const found = new Map<string, HoursEntry>();
  for (const entry of entries) {
    const known = found.get(entry.entry_id);
    if (known === undefined || entry.number > known.number) found.set(entry.entry_id, entry);
  }
  return [...found.values()];
}
