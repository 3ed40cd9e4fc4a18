import { expect, it } from "vitest";
import { dayName } from "../../src/chat/dayName";

const words = { today: "Today", yesterday: "Yesterday" };
const now = new Date(2026, 2, 1, 0, 30).getTime();
const name = (...date: [number, number, number, number]) =>
  dayName(new Date(...date).getTime(), now, "en-GB", words);

it("says today and yesterday, by the calendar and not by hours", () => {
  expect(name(2026, 2, 1, 0)).toBe("Today");
  expect(name(2026, 1, 28, 23)).toBe("Yesterday");
  expect(name(2026, 1, 27, 23)).toMatch(/27 February$/);
});

it("names the year when it is another", () => {
  expect(name(2025, 1, 28, 12)).toMatch(/2025/);
  expect(name(2026, 0, 2, 12)).not.toMatch(/2026/);
});
