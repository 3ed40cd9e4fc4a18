/** What was done elsewhere, as it is filled in: what can be said against it before the server is asked. Pure. */

import { MAX_DAYS_BACK, type ManualEntry, type PairStatus } from "../protocol/generated";
import { addDays } from "./days";

export type ManualFault = "day" | "future" | "early" | "late" | "old" | "minutes";

/**
 * What a form's tries are called: one and the same is entered once, however often it is sent, because an answer may be
 * lost; what was changed in between is something else.
 */
export class RequestIds {
  private readonly ids = new Map<string, string>();
  private readonly createId: () => string;

  constructor(createId: () => string) {
    this.createId = createId;
  }

  of({ pair_id, day, minutes, contact_type, text }: Omit<ManualEntry, "request_id">): string {
    const content = JSON.stringify([pair_id, day, minutes, contact_type, text]);
    const id = this.ids.get(content) ?? this.createId();
    this.ids.set(content, id);
    return id;
  }
}

/** Return the days on which something may be entered for a pair, as the first and the last one. */
export function daysFor(pair: PairStatus, today: string): { first: string; last: string } {
  const oldest = addDays(today, -MAX_DAYS_BACK);
  return {
    first: pair.starts_on > oldest ? pair.starts_on : oldest,
    last: pair.ends_on !== null && pair.ends_on < today ? pair.ends_on : today,
  };
}

/** Return what is wrong with a day and a number of minutes; `null`: nothing. */
export function faultOf(
  pair: PairStatus,
  today: string,
  day: string,
  minutes: number | null,
  mostMinutes: number,
): ManualFault | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return "day";
  if (day > today) return "future";
  if (day < pair.starts_on) return "early";
  if (pair.ends_on !== null && day > pair.ends_on) return "late";
  if (day < addDays(today, -MAX_DAYS_BACK)) return "old";
  return minutes === null || minutes < 1 || minutes > mostMinutes ? "minutes" : null;
}
