/** Whether the chat has a place beside the people. The same width as in the style sheets. */

import { useSyncExternalStore } from "react";

const QUERY = "(min-width: 900px)";

export const isWide = (): boolean => matchMedia(QUERY).matches;

function subscribe(onChange: () => void): () => void {
  const list = matchMedia(QUERY);
  list.addEventListener("change", onChange);
  return () => list.removeEventListener("change", onChange);
}

export const useIsWide = (): boolean => useSyncExternalStore(subscribe, isWide);
