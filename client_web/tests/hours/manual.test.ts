import { expect, it } from "vitest";
import { daysFor, faultOf } from "../../src/hours/manual";
import { pair } from "../support/hours";

const TODAY = "2026-11-23";
const fault = (day: string, minutes: number | null, change = {}) =>
  faultOf(pair(change), TODAY, day, minutes, 960);

it("takes a day since the pair began, up to today", () => {
  expect(fault("2026-08-24", 1)).toBeNull();
  expect(fault(TODAY, 960)).toBeNull();
  expect(fault("2026-08-23", 30)).toBe("early");
  expect(fault("2026-11-24", 30)).toBe("future");
  expect(fault("2026-11-02", 30, { ends_on: "2026-11-01" })).toBe("late");
  expect(fault("2025-10-18", 30, { starts_on: "2025-01-01" })).toBe("old");
  expect(fault("", 30)).toBe("day");
});

it("takes minutes that a day has room for", () => {
  for (const minutes of [null, 0, 961]) expect(fault(TODAY, minutes)).toBe("minutes");
});

it("offers just the days that it takes", () => {
  const long = pair({ starts_on: "2020-01-01", ends_on: "2026-11-01" });
  const { first, last } = daysFor(long, TODAY);
  expect([first, last]).toEqual(["2025-10-19", "2026-11-01"]);
  expect(faultOf(long, TODAY, first, 30, 960)).toBeNull();
  expect(faultOf(long, TODAY, last, 30, 960)).toBeNull();
  expect(daysFor(pair(), TODAY)).toEqual({ first: "2026-08-24", last: TODAY });
});
