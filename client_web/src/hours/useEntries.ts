/** A list of entries, newest day first: kept fresh at its beginning, and longer on demand. */

import { useCallback, useState } from "react";
import { type EntryQuery, fetchEntries } from "../connection/hours";
import type { HoursEntry } from "../protocol/generated";
import { asProblem, type Problem } from "../shared/problem";
import { usePoll } from "../shared/usePoll";

const POLL_MS = 60_000;
const PAGE = 25;

export interface Entries {
  /** `null` until the first are there. */
  entries: readonly HoursEntry[] | null;
  problem: Problem | null;
  hasMore: boolean;
  isReading: boolean;
  readMore(): void;
  retry(): void;
}

interface Earlier {
  entries: readonly HoursEntry[];
  /** `undefined` until anything earlier was read. */
  cursor: string | null | undefined;
  isReading: boolean;
  problem: Problem | null;
}

/** `query` must be stable: another one is another list, which a `key` begins anew. */
export function useEntries(query: EntryQuery): Entries {
  const read = useCallback((signal: AbortSignal) => fetchEntries({ limit: PAGE, ...query }, signal), [query]);
  const { value, problem, retry } = usePoll(read, POLL_MS);
  const [earlier, setEarlier] = useState<Earlier>({
    entries: [],
    cursor: undefined,
    isReading: false,
    problem: null,
  });
  const cursor = earlier.cursor === undefined ? value?.next_cursor : earlier.cursor;
  const readMore = async () => {
    if (!cursor || earlier.isReading) return;
    setEarlier((now) => ({ ...now, isReading: true, problem: null }));
    try {
      const found = await fetchEntries({ limit: PAGE, ...query, cursor });
      setEarlier((now) => ({
        entries: [...now.entries, ...found.entries],
        cursor: found.next_cursor,
        isReading: false,
        problem: null,
      }));
    } catch (error) {
      setEarlier((now) => ({ ...now, isReading: false, problem: asProblem(error) }));
    }
  };
  return {
    entries: value === null ? null : joined(value.entries, earlier.entries),
    problem: earlier.problem ?? (value === null ? problem : null),
    hasMore: Boolean(cursor),
    isReading: earlier.isReading,
    readMore: () => void readMore(),
    retry,
  };
}

/** Return both lists as one. What is new at the beginning moves the others on: none is there twice. Pure. */
export function joined(first: readonly HoursEntry[], earlier: readonly HoursEntry[]): readonly HoursEntry[] {
  const known = new Set(first.map(({ entry_id }) => entry_id));
  return [...first, ...earlier.filter(({ entry_id }) => !known.has(entry_id))];
}
