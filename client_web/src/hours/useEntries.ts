/** A list of entries, newest day first: kept fresh at its beginning, and longer on demand. */

import { useCallback, useReducer } from "react";
import { type EntryQuery, fetchEntries } from "../connection/hours";
import type { HoursEntry } from "../protocol/generated";
import { asProblem, type Problem } from "../shared/problem";
import { usePoll } from "../shared/usePoll";
import { NOTHING_READ, reducePages } from "./entryPages";

const POLL_MS = 60_000;
const PAGE = 25;

export interface Entries {
  /** `null` until the first are there. */
  entries: readonly HoursEntry[] | null;
  problem: Problem | null;
  hasMore: boolean;
  isReading: boolean;
  readMore(): void;
  /** Read the beginning again. */
  retry(): void;
  /** Forget all that was read, and begin anew: what stands below the beginning is something else now, too. */
  renew(): void;
}

/** `query` must be stable: another one is another list, which a `key` begins anew. */
export function useEntries(query: EntryQuery): Entries {
  const [pages, dispatch] = useReducer(reducePages, NOTHING_READ);
  const readFirst = useCallback(
    async (signal: AbortSignal) => {
      const page = await fetchEntries({ limit: PAGE, ...query }, signal);
      dispatch({ type: "began", page });
    },
    [query],
  );
  const { problem, retry } = usePoll(readFirst, POLL_MS);
  const { entries, cursor, isReading } = pages;
  const renew = () => {
    dispatch({ type: "forgotten" });
    retry();
  };
  const readMore = async () => {
    const last = entries?.at(-1);
    if (last === undefined || cursor === null || isReading) return;
    dispatch({ type: "asked" });
    try {
      const page = await fetchEntries({ limit: PAGE, ...query, cursor });
      dispatch({ type: "followed", afterId: last.entry_id, page });
    } catch (error) {
      const failure = asProblem(error);
      // No cursor outlives the server that gave it: asked with it again, the next one says the same.
      if (failure.category === "request") renew();
      else dispatch({ type: "failed", problem: failure });
    }
  };
  return {
    entries,
    problem: pages.problem ?? (entries === null ? problem : null),
    hasMore: cursor !== null,
    isReading,
    readMore: () => void readMore(),
    retry: () => {
      dispatch({ type: "retried" });
      retry();
    },
    renew,
  };
}
