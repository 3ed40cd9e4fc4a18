/** Remembers what others have taken off the board just now, so that it can be brought back. */

import { useCallback, useEffect, useRef } from "react";
import type * as Y from "yjs";
import { BoardDoc } from "./boardDoc";

/** What somebody says to have done has been told before or is told soon after. */
const ABOUT_THEN_MS = 5_000;
const REMEMBERED_MS = 60_000;

/** Return which elements others have taken away about `then`, or since. */
export function useVanished(doc: Y.Doc): (then: number) => ReadonlySet<string> {
  const vanished = useRef<{ id: string; at: number }[]>([]);
  useEffect(() => {
    const { elements } = new BoardDoc(doc);
    const onElements = ({ changes }: Y.YMapEvent<string>, { local }: Y.Transaction) => {
      if (local) return;
      const at = Date.now();
      vanished.current = vanished.current.filter((one) => one.at > at - REMEMBERED_MS);
      for (const [id, { action }] of changes.keys) if (action === "delete") vanished.current.push({ id, at });
    };
    elements.observe(onElements);
    return () => elements.unobserve(onElements);
  }, [doc]);
  return useCallback((then) => {
    const since = vanished.current.filter(({ at }) => at > then - ABOUT_THEN_MS);
    return new Set(since.map(({ id }) => id));
  }, []);
}
