/** Something that will be there soon, or not before long: it is asked for a few times, and then no more. */

import { useCallback, useEffect, useState } from "react";

/** So much of a pause is left to chance: a room full of people leaves at once. */
const JITTER = 0.3;

export interface Asked<T> {
  /** What was read last. */
  value: T | null;
  retry(): void;
}

/** `read`, `isThere` and `pausesS` must be stable. What cannot be read is asked for again like what is not there. */
export function useSomeTimes<T>(
  read: (signal: AbortSignal) => Promise<T>,
  isThere: (value: T) => boolean,
  pausesS: readonly number[],
): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round begins anew
  useEffect(() => {
    const end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (attempt: number) => {
      const next = await read(end.signal).catch(() => null);
      if (end.signal.aborted) return;
      if (next !== null) setValue(next);
      const pauseS = pausesS[attempt];
      if (pauseS === undefined || (next !== null && isThere(next))) return;
      timer = setTimeout(() => void run(attempt + 1), pauseS * 1_000 * (1 + Math.random() * JITTER));
    };
    void run(0);
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [read, isThere, pausesS, round]);

  const retry = useCallback(() => setRound((last) => last + 1), []);
  return { value, retry };
}
