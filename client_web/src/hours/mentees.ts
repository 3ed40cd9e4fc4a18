/** Many mentees at once: which of them are looked for, and into how many columns they go. Pure. */

import type { PairStatus, Standing } from "../protocol/generated";
import { folded } from "../shared/folded";
import { byNeed } from "./progress";

/** What is looked for of a caseload. */
export interface Sought {
  /** Parts of a name. */
  name: string;
  /** `none`: those of whom nothing is required. */
  standing: Standing | "none" | undefined;
}

/** Return those that are looked for, who needs somebody most first. */
export function soughtOf(pairs: readonly PairStatus[], { name, standing }: Sought): readonly PairStatus[] {
  const parts = folded(name)
    .split(/\s+/)
    .filter((part) => part !== "");
  return pairs
    .filter((pair) => {
      const whole = folded(pair.mentee.name);
      if (!parts.every((part) => whole.includes(part))) return false;
      return standing === undefined || (pair.standing ?? "none") === standing;
    })
    .sort(byNeed);
}

/** Rows may be so high, in pixels: as comfortable as all of them fit. The lowest is still easy to hit. */
const ROW_HEIGHTS = [36, 30, 24];
/** A column needs so much, in pixels, to say everything in short. */
const LEAST_WIDTH = 380;

export interface Fit {
  columns: number;
  rowHeight: number;
}

/** Return how rows fit on a part of the screen without scrolling, or as nearly as its width allows. */
export function fitOf(count: number, width: number, height: number): Fit {
  const most = Math.max(1, Math.floor(width / LEAST_WIDTH));
  for (const rowHeight of ROW_HEIGHTS) {
    if (count * rowHeight <= height) return { columns: 1, rowHeight };
  }
  const rowHeight = Math.min(...ROW_HEIGHTS);
  const rows = Math.max(1, Math.floor(height / rowHeight));
  return { columns: Math.min(most, Math.ceil(count / rows)), rowHeight };
}

/** Return rows in columns of at most `length`; the order goes down, then on to the right. */
export function inColumns<Row>(rows: readonly Row[], length: number): readonly (readonly Row[])[] {
  const height = Math.max(1, length);
  return Array.from({ length: Math.ceil(rows.length / height) }, (_, index) =>
    rows.slice(index * height, (index + 1) * height),
  );
}
