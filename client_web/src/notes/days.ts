/** Days as people read them. Pure. */

/** Return the day of an instant where this page is, as in "2026-02-28". */
export function dayOf(instant: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  return `${instant.getFullYear()}-${twoDigits(instant.getMonth() + 1)}-${twoDigits(instant.getDate())}`;
}

export const isOverdue = (day: string, now: Date): boolean => day < dayOf(now);

/** Return "Fri 27 Nov", with the year when it is another one. */
export function shortDay(day: string, language: string, now: Date): string {
  const isThisYear = day.startsWith(`${now.getFullYear()}-`);
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(language, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}
