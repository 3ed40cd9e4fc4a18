/**
 * Days as people read them. A day ("2026-11-30") is one of the programme's, whatever the clock says where this page is:
 * it is never made into an instant of here. Pure.
 */

import { dateFormat, relativeFormat } from "./formats";

const DAY_MS = 86_400_000;

const midday = (day: string): number => Date.parse(`${day}T12:00:00Z`);

/** How many days after `from` the day `to` is. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((midday(to) - midday(from)) / DAY_MS);

export const addDays = (day: string, count: number): string =>
  new Date(midday(day) + count * DAY_MS).toISOString().slice(0, 10);

/** Return "Fri, Nov 27", with the year when it is another one than today's. */
export function shortDay(day: string, today: string, language: string): string {
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return dateFormat(language, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(midday(day));
}

/** Return "Nov 27", with the year when it is another one than today's: for tables. */
export function tinyDay(day: string, today: string, language: string): string {
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return dateFormat(language, {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
    ...(isThisYear ? {} : { year: "2-digit" }),
  }).format(midday(day));
}

/** Return "Friday, November 27, 2026". */
export const fullDay = (day: string, language: string): string =>
  dateFormat(language, { dateStyle: "full", timeZone: "UTC" }).format(midday(day));

/** Return "Sep 1 – Dec 18, 2026". */
export const dayRange = (from: string, to: string, language: string): string =>
  dateFormat(language, { dateStyle: "medium", timeZone: "UTC" }).formatRange(midday(from), midday(to));

/** Return "Nov": the month that a day is in. */
export const monthOf = (day: string, language: string): string =>
  dateFormat(language, { month: "short", timeZone: "UTC" }).format(midday(day));

/** Return "today", "yesterday", "in 5 days", "3 weeks ago". */
export function relativeDay(day: string, today: string, language: string): string {
  const days = daysBetween(today, day);
  const format = relativeFormat(language);
  if (Math.abs(days) < 14) return format.format(days, "day");
  if (Math.abs(days) < 14 * 7) return format.format(Math.trunc(days / 7), "week");
  return format.format(Math.round(days / 30.44), "month");
}

/** Whether this device's day and clock are the same at an instant. */
export const isOwnTime = (at: number, timeZone: string): boolean =>
  dayAndTime(at, timeZone, "en") === dayAndTime(at, undefined, "en");

/** The clock of the programme at an instant; `isExact`: with seconds. */
export function clockTime(at: number, timeZone: string, language: string, isExact = false): string {
  return dateFormat(language, {
    hour: "numeric",
    minute: "2-digit",
    ...(isExact && { second: "2-digit" }),
    timeZone,
  }).format(at);
}

/** Day and clock of the programme at an instant; without a zone, those of this device. */
export const dayAndTime = (at: number, timeZone: string | undefined, language: string): string =>
  dateFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone }).format(at);
