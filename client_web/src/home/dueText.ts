/** When something is due, as one says it. Pure. */

import { dayOf } from "../notes/days";

export type Due =
  | { kind: "overdue"; days: number }
  | { kind: "today" }
  | { kind: "tomorrow" }
  | { kind: "later" };

const DAY_MS = 86_400_000;

/** `due` is a day as in "2026-11-30"; days are counted where this page is. */
export function dueOf(due: string, now: Date): Due {
  const days = Math.round((Date.parse(due) - Date.parse(dayOf(now))) / DAY_MS);
  if (days < 0) return { kind: "overdue", days: -days };
  if (days === 0) return { kind: "today" };
  return { kind: days === 1 ? "tomorrow" : "later" };
}
