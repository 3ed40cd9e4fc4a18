/** How many rows fit between where they begin and the foot of the window. */

import { useLayoutEffect, useRef, useState } from "react";
import { type Fit, fitOf } from "./mentees";

/** The heads of the columns, and a little air below, in pixels. */
const BESIDE_ROWS = 36;

export function useFit<Element extends HTMLElement>(count: number) {
  const ref = useRef<Element>(null);
  const [fit, setFit] = useState<Fit>({ columns: 1, rowHeight: 30 });
  useLayoutEffect(() => {
    const measure = () => {
      const element = ref.current;
      if (element === null) return;
      const top = element.getBoundingClientRect().top + scrollY;
      const found = fitOf(count, element.clientWidth, innerHeight - top - BESIDE_ROWS);
      setFit((now) => (now.columns === found.columns && now.rowHeight === found.rowHeight ? now : found));
    };
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [count]);
  return { ref, fit };
}
