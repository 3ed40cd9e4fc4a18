/** Fetches what draws the board before anybody asks for it: when it is likely to be wanted, and nobody waits for anything. */

import { useEffect } from "react";
import { fetchBoard } from "./BoardArea";
import { useShownPage } from "./useDocument";

/** After joining, the line and the processor belong to sound and picture. */
const QUIET_MS = 4_000;

export function useBoardSoon(): void {
  const hasPage = useShownPage("board") !== undefined;
  useEffect(() => {
    if (!hasPage || !isLineWide(navigator)) return;
    let cancel = () => clearTimeout(timer);
    const timer = setTimeout(() => {
      const idle = requestIdleCallback(fetchBoard);
      cancel = () => cancelIdleCallback(idle);
    }, QUIET_MS);
    return () => cancel();
  }, [hasPage]);
}

/** Tell whether the browser knows its line to be good, and not to be saved. Not all browsers say. Pure. */
export function isLineWide(browser: object): boolean {
  const { effectiveType, saveData } =
    (browser as { connection?: { effectiveType?: string; saveData?: boolean } }).connection ?? {};
  return effectiveType === "4g" && saveData !== true;
}
