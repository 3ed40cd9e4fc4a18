/** What pages are called when nobody has named them. Pure. */

import type { DocumentInfo } from "../protocol/generated";

/** Name a page after its day; a second one of the same day has a number. */
export function titleForToday(now: number, language: string, pages: readonly DocumentInfo[]): string {
  const format = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
  const day = format.format(now);
  const taken = new Set(pages.map((page) => page.title));
  if (!taken.has(day)) return day;
  let number = 2;
  while (taken.has(`${day} (${number})`)) number++;
  return `${day} (${number})`;
}

/** Whether a page was begun on an earlier day than today. */
export function isOfEarlierDay(page: DocumentInfo, now: number): boolean {
  return new Date(page.created_at).toDateString() !== new Date(now).toDateString() && page.created_at < now;
}
