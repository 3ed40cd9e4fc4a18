/** How long a meeting had lasted. Pure. */

/** Return "12:34", or "1:02:03" after the first hour. Before the beginning there is nothing. */
export function sinceOpening(at: number, openedAt: number): string {
  const seconds = Math.max(0, Math.floor((at - openedAt) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const tail = twoDigits(seconds % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`;
}
