/** From when until when, as people say it. Pure. */

import { timeOf } from "../chat/dayName";

/** The day of a meeting, with its year. */
export const dayOf = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: "full" }).format(at);

/** Return "9:00 – 9:31", with the days where they differ; without an end what `since` makes of the beginning. */
export function spanOf(
  from: number,
  to: number | null,
  language: string,
  since: (from: string) => string,
): string {
  if (to === null) return since(timeOf(from, language));
  return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).formatRange(from, to);
}
