import { expect, it } from "vitest";
import { daysFor, faultOf, RequestIds } from "../../src/hours/manual";
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

it("sends the same under the same name, and what was changed after a try under another one", () => {
  let count = 0;
  const ids = new RequestIds(() => `r${++count}`);
  const filledIn = {
    pair_id: "p1",
    day: TODAY,
    minutes: 30,
    contact_type: "visit",
    text: "At school.",
  } as const;
  expect(ids.of(filledIn)).toBe("r1");
  expect(ids.of({ ...filledIn })).toBe("r1");
  const changes = [
    { pair_id: "p2" },
    { day: "2026-11-22" },
    { minutes: 31 },
    { contact_type: "phone" },
    { text: "" },
  ] as const;
  const changed = changes.map((change) => ids.of({ ...filledIn, ...change }));
  expect(changed).toEqual(["r2", "r3", "r4", "r5", "r6"]);
  expect(ids.of(filledIn), "the first try may have been entered").toBe("r1");
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
