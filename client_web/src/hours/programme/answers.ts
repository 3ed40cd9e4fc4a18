/** How long answers take, on a scale from an hour to months. Pure. */

import { numberFormat } from "../formats";

const HOUR = 1;
export const DAY = 24;
const WEEK = 7 * DAY;
/** What one reads without counting. */
const MARKS = [HOUR, DAY, WEEK, 4 * WEEK, 26 * WEEK] as const;
const FIRST = 0.5;
const LEAST_LAST = WEEK;

/** Return the marks of a scale that reaches at least `longest` hours, or as far as there are any. */
export function marksFor(longest: number): readonly number[] {
  const last = MARKS.find((mark) => mark >= Math.max(longest, LEAST_LAST)) ?? Number.POSITIVE_INFINITY;
  return MARKS.filter((mark) => mark <= last);
}

/** Return where on the scale so many hours are, 0 to 1: every step is so many times longer than the one before. */
export function placeOf(hours: number, marks: readonly number[]): number {
  const last = marks.at(-1) ?? LEAST_LAST;
  const place = Math.log(Math.max(hours, FIRST) / FIRST) / Math.log(last / FIRST);
  return Math.min(1, Math.max(0, place));
}

const unitOf = (mark: number): [string, number] =>
  mark < DAY ? ["hour", HOUR] : mark < WEEK ? ["day", DAY] : ["week", WEEK];

/** Return "1 day", "4 wk": a mark of the scale. */
export function markText(mark: number, language: string): string {
  const [unit, hours] = unitOf(mark);
  return numberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(mark / hours);
}

/** Return hours as they are said: `unit` and how many of it, a minute at least. */
export function spanOf(hours: number): { unit: "minute" | "hour" | "day"; count: number } {
  if (hours < 1) return { unit: "minute", count: Math.max(1, Math.round(hours * 60)) };
  if (hours < 2 * DAY) return { unit: "hour", count: Math.round(hours) };
  return { unit: "day", count: Math.round(hours / DAY) };
}

/** Return "5 hr", "3 days". */
export function spanText(hours: number, language: string): string {
  const { unit, count } = spanOf(hours);
  const unitDisplay = unit === "day" ? "long" : "short";
  return numberFormat(language, { style: "unit", unit, unitDisplay }).format(count);
}
