/** What pages are called when nobody has named them. Pure. */

import type { DocumentInfo } from "../protocol/generated";

/**
 * Name a page after what it is begun with (empty for nothing) and its day: with the year only where another year has one of
 * that name, and with a number where the day has.
 */
export function titleForToday(
  template: string,
  now: number,
  language: string,
  pages: readonly DocumentInfo[],
): string {
  const year = new Date(now).getFullYear();
  const named = (options: Intl.DateTimeFormatOptions) => {
    const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", ...options }).format(now);
    return template === "" ? day : `${template} · ${day}`;
  };
  const short = named({});
  const isOfAnotherYear = (page: DocumentInfo) =>
    page.title === short && new Date(page.created_at).getFullYear() !== year;
  const title = pages.some(isOfAnotherYear) ? named({ year: "numeric" }) : short;
  const taken = new Set(pages.map((page) => page.title));
  if (!taken.has(title)) return title;
  let number = 2;
  while (taken.has(`${title} (${number})`)) number++;
  return `${title} (${number})`;
}

/** Whether a page was begun on an earlier day than today. */
export function isOfEarlierDay(page: DocumentInfo, now: number): boolean {
  return new Date(page.created_at).toDateString() !== new Date(now).toDateString() && page.created_at < now;
}
