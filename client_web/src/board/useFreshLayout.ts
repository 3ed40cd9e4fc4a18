/** Has Excalidraw draw its tools for the size that the board has: it measures a change of size, and may not draw anew. */

import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { type RefObject, useEffect } from "react";

/** `canvas` is what Excalidraw fills. */
export function useFreshLayout(
  api: RefObject<ExcalidrawImperativeAPI | null>,
  canvas: RefObject<HTMLElement | null>,
): void {
  useEffect(() => {
    if (canvas.current === null) return;
    let frame = 0;
    // One frame later Excalidraw has measured too, whoever of the two is told first.
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => api.current?.refresh());
    });
    observer.observe(canvas.current);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }, [api, canvas]);
}
