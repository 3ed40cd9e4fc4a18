import { expect, it } from "vitest";
import { dayOf, spanOf } from "../../src/record/days";

const from = new Date(2026, 10, 24, 9, 0).getTime();
const to = new Date(2026, 10, 24, 9, 31).getTime();
const since = (begin: string) => `since ${begin}`;

it("says from when until when", () => {
  // Which dash and which spaces, languages and browsers disagree on.
  const plain = (text: string) => text.replace(/\s*[–-]\s*/g, "-").replace(/\s/g, " ");
  expect(plain(spanOf(from, to, "en-GB", since))).toMatch(/^0?9:00-0?9:31$/);
  expect(plain(spanOf(from, to, "en-US", since))).toBe("9:00-9:31 AM");
  expect(spanOf(from, from, "es", since)).toBe("9:00");
  expect(spanOf(from, to + 86_400_000, "en-GB", since)).toContain("25/11/2026");
  expect(spanOf(from, null, "en-GB", since)).toBe("since 9:00");
});

it("says the day with its year", () => {
  expect(dayOf(from, "en-GB")).toMatch(/^Tuesday,? 24 November 2026$/);
  expect(dayOf(from, "es")).toBe("martes, 24 de noviembre de 2026");
});
