/** The geometry of bars by week: how high, and which lines lie behind them. Pure. */

import type { ContactMinutes, HoursWeek } from "../protocol/generated";
import { addDays } from "./days";

/** Minutes that lines may be apart: what one reads as hours without counting. */
const STEPS = [5, 15, 30, 60, 120, 180, 300, 600, 1_200, 3_000, 6_000, 12_000, 30_000, 60_000];
const MOST_LINES = 4;

export interface Scale {
  /** Minutes at the upper edge. */
  top: number;
  /** Minutes of each line, from the lowest above zero up to the upper edge. */
  lines: readonly number[];
}

/** Return a scale that reaches at least `minutes`. */
export function scaleFor(minutes: number): Scale {
  const step = STEPS.find((one) => one * MOST_LINES >= minutes) ?? Math.ceil(minutes / MOST_LINES);
  const count = Math.max(1, Math.ceil(minutes / step));
  return { top: count * step, lines: Array.from({ length: count }, (_, index) => (index + 1) * step) };
}

export const minutesOf = (contacts: readonly ContactMinutes[]): number =>
  contacts.reduce((sum, { credited_minutes }) => sum + credited_minutes, 0);

export interface MonthMark {
  /** Of the week that it stands under. */
  index: number;
  /** A day of the month. */
  day: string;
}

/** Return where a month's name stands: under the week that has its first day, where there is room for `width` weeks. */
export function monthMarks(weeks: readonly HoursWeek[], width: number): readonly MonthMark[] {
  const marks: MonthMark[] = [];
  const sundays = weeks.map(({ first_day }) => addDays(first_day, 6));
  sundays.forEach((day, index) => {
    if (sundays[index - 1]?.slice(0, 7) === day.slice(0, 7)) return;
    const last = marks.at(-1);
    if (last !== undefined && index - last.index < width) {
      // The few days of a month that the weeks begin with give way to the next one.
      if (marks.length === 1 && last.index === 0) marks[0] = { index, day };
      return;
    }
    marks.push({ index, day });
  });
  return marks;
}
