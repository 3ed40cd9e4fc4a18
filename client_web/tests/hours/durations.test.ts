import { expect, it } from "vitest";
import { exactText, minutesText, readMinutes } from "../../src/hours/durations";

it("says minutes as hours and minutes", () => {
  expect(minutesText(0, "en")).toBe("0 min");
  expect(minutesText(28, "en")).toBe("28 min");
  expect(minutesText(85, "en")).toBe("1 hr 25 min");
  expect(minutesText(180, "es")).toBe("3 h");
  expect(minutesText(74_520, "en")).toBe("1,242 hr");
});

it("never makes more of what was measured than it was", () => {
  expect(exactText(1_684_999, "en")).toBe("28 min 4 sec");
  expect(exactText(999, "en")).toBe("<1 sec");
  expect(exactText(0, "en")).toBe("0 sec");
  expect(exactText(3_601_000, "en")).toBe("1 hr 1 sec");
  expect(exactText(7_200_000, "en")).toBe("2 hr");
});

it.each([
  ["85", 85],
  [" 85 min ", 85],
  ["1:25", 85],
  ["1h25", 85],
  ["1 h 25 min", 85],
  ["1.5 h", 90],
  ["1,5 horas", 90],
  ["2 hours", 120],
  ["0", 0],
])("reads %s as minutes", (text, minutes) => {
  expect(readMinutes(text)).toBe(minutes);
});

it.each(["", "an hour", "1:75", "-5", "1e3", "12345", "h", "1.5", "1:2"])("does not guess at %s", (text) => {
  expect(readMinutes(text)).toBeNull();
});

it("reads what it says itself", () => {
  for (const minutes of [0, 1, 45, 60, 85, 600, 960]) {
    for (const language of ["en", "es"]) {
      expect(readMinutes(minutesText(minutes, language))).toBe(minutes);
    }
  }
});
