import { expect, it } from "vitest";
import { sinceOpening } from "../../src/notes/sinceOpening";
import { readMoment, timestampText } from "../../src/notes/timestamp";

it.each([
  [0, "0:00"],
  [754_999, "12:34"],
  [3_599_000, "59:59"],
  [3_723_000, "1:02:03"],
  [-5000, "0:00"],
])("shows %i ms as %s", (ms, text) => {
  expect(sinceOpening(1_000_000 + ms, 1_000_000)).toBe(text);
});

it("shows nothing of what cannot be read", () => {
  const moment = { meetingId: "m1", at: 65_000, openedAt: 0 };
  expect(readMoment(moment)).toEqual(moment);
  expect(timestampText(moment)).toBe("1:05");
  for (const wrong of [
    {},
    { ...moment, at: "65000" },
    { ...moment, meetingId: "<b>" },
    { ...moment, openedAt: -1 },
  ]) {
    expect(readMoment(wrong)).toBeNull();
    expect(timestampText(wrong)).toBe("–:––");
  }
});
