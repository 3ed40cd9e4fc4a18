import { expect, it } from "vitest";
import { dayOf, isOverdue, shortDay } from "../../src/notes/days";

const now = new Date(2026, 10, 22, 23, 30);

it("counts days where the page is", () => {
  expect(dayOf(now)).toBe("2026-11-22");
  expect(isOverdue("2026-11-21", now)).toBe(true);
  expect(isOverdue("2026-11-22", now)).toBe(false);
});

it("names a day, and its year when it is another one", () => {
  expect(shortDay("2026-11-27", "en-GB", now)).toBe("Fri 27 Nov");
  expect(shortDay("2027-01-04", "en-GB", now)).toContain("2027");
});
