import { expect, it } from "vitest";
import { isOfEarlierDay, titleForToday } from "../../src/desk/names";
import type { DocumentInfo } from "../../src/protocol/generated";

const NOON = new Date(2026, 10, 22, 12).getTime();
const HOUR = 3_600_000;

function page(title: string, created_at = NOON): DocumentInfo {
  return { document_id: title, kind: "board", title, created_at, epoch: 1, is_locked: false, health: "good" };
}

it("names a page after what it is begun with, and its day", () => {
  expect(titleForToday("KWL chart", NOON, "en", [])).toBe("KWL chart · November 22");
  expect(titleForToday("Cuadro SQA", NOON, "es", [])).toBe("Cuadro SQA · 22 de noviembre");
  expect(titleForToday("", NOON, "en", [])).toBe("November 22");
});

it("numbers those of the same name", () => {
  const one = page("KWL chart · November 22");
  expect(titleForToday("KWL chart", NOON, "en", [one])).toBe("KWL chart · November 22 (2)");
  expect(titleForToday("T-chart", NOON, "en", [one])).toBe("T-chart · November 22");
  const more = [one, page("KWL chart · November 22 (2)"), page("Goals")];
  expect(titleForToday("KWL chart", NOON, "en", more)).toBe("KWL chart · November 22 (3)");
});

it("tells the year where a page of another year has the same day", () => {
  const lastYear = page("November 22", NOON - 365 * 24 * HOUR);
  expect(titleForToday("", NOON, "en", [lastYear])).toBe("November 22, 2026");
  const again = [lastYear, page("November 22, 2026")];
  expect(titleForToday("", NOON, "en", again)).toBe("November 22, 2026 (2)");
});

it("knows a page of an earlier day", () => {
  expect(isOfEarlierDay(page("Goals", NOON - 11 * HOUR), NOON)).toBe(false);
  expect(isOfEarlierDay(page("Goals", NOON - 13 * HOUR), NOON)).toBe(true);
  // Begun by a clock that is ahead: no reason to begin another one.
  expect(isOfEarlierDay(page("Goals", NOON + 13 * HOUR), NOON)).toBe(false);
});
