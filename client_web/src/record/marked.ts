/** Which entry of a timeline a moment leads to. Pure. */

import type { TimelineEntry } from "../protocol/generated";

/** Return the index of the moment itself where it was noted, else of the last that was before; -1 with no entries. */
export function markedIndex(timeline: readonly TimelineEntry[], at: number): number {
  const noted = timeline.findIndex((entry) => entry.type === "moment" && entry.at === at);
  if (noted !== -1) return noted;
  const before = timeline.findLastIndex((entry) => entry.at <= at);
  return before === -1 ? Math.min(0, timeline.length - 1) : before;
}
