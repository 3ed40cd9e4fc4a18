import { expect, it } from "vitest";
import { addDays } from "../../src/hours/days";
import { minutesOf, monthMarks, scaleFor } from "../../src/hours/weekBars";

const weeks = (first: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ first_day: addDays(first, index * 7), contacts: [] }));

it("reaches at least as high as the highest bar, with few lines of round hours", () => {
  expect(scaleFor(119)).toEqual({ top: 120, lines: [30, 60, 90, 120] });
  expect(scaleFor(121)).toEqual({ top: 180, lines: [60, 120, 180] });
  for (const minutes of [1, 14, 60, 61, 999, 40_000, 5_000_000]) {
    const { top, lines } = scaleFor(minutes);
    expect(top).toBeGreaterThanOrEqual(minutes);
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines.at(-1)).toBe(top);
  }
});

it("names months where they begin, as far as there is room", () => {
  const days = (first: string, count: number, width: number) =>
    monthMarks(weeks(first, count), width).map(({ index, day }) => `${index} ${day}`);
  expect(days("2026-08-24", 12, 1)).toEqual(["0 2026-08-30", "1 2026-09-06", "5 2026-10-04", "9 2026-11-01"]);
  // The last days of August give way.
  expect(days("2026-08-24", 6, 3)).toEqual(["1 2026-09-06", "5 2026-10-04"]);
  // No month stands there twice, also where the first week has its first day.
  expect(days("2026-09-28", 5, 1)).toEqual(["0 2026-10-04", "4 2026-11-01"]);
  expect(days("2026-01-05", 52, 6)).toHaveLength(6);
  expect(days("2026-01-05", 0, 1)).toEqual([]);
});

it("adds all kinds of contact", () => {
  const of = (credited_minutes: number) => ({
    contact_type: "phone" as const,
    credited_minutes,
    entry_count: 1,
  });
  expect(minutesOf([of(20), of(25)])).toBe(45);
  expect(minutesOf([])).toBe(0);
});
