/** Something read from the server again and again, while the page is looked at. */

import { useCallback, useEffect, useState } from "react";
import { asProblem, type Problem } from "./problem";

export interface Polled<T> {
  value: T | null;
  /** Why the newest reading failed; an older value stays. */
  problem: Problem | null;
  retry(): void;
}

/** `read` must be stable. A reading starts `everyMs` after the last one ended. */
export function usePoll<T>(read: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round reads again at once
  useEffect(() => {
    const end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isReading = false;
    const run = async () => {
      if (isReading) return;
      isReading = true;
      clearTimeout(timer);
      try {
        const next = await read(end.signal);
        if (end.signal.aborted) return;
        setValue(next);
        setProblem(null);
      } catch (error) {
        if (end.signal.aborted) return;
        setProblem(asProblem(error));
      }
      isReading = false;
      timer = setTimeout(runIfVisible, everyMs);
    };
    // Nobody looks at a hidden page; when they do, what they see is fresh.
    const runIfVisible = () => {
      if (document.visibilityState === "visible") void run();
    };
    void run();
    document.addEventListener("visibilitychange", runIfVisible);
    return () => {
      end.abort();
      document.removeEventListener("visibilitychange", runIfVisible);
      clearTimeout(timer);
    };
  }, [read, everyMs, round]);

  const retry = useCallback(() => setRound((last) => last + 1), []);
  return { value, problem, retry };
}
