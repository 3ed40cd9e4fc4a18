import { expect, it } from "vitest";
import { isOfEarlierDay, titleForToday } from "../../src/desk/names";
import type { DocumentInfo } from "../../src/protocol/generated";

const NOON = new Date(2026, 10, 22, 12).getTime();
const HOUR = 3_600_000;

function page(title: string, created_at = NOON): DocumentInfo {
  return { document_id: title, kind: "board", title, created_at, epoch: 1, is_locked: false, health: "good" };
}

it("names a page after its day, and numbers those of the same day", () => {
  expect(titleForToday(NOON, "en", [])).toBe("November 22, 2026");
  expect(titleForToday(NOON, "es", [])).toBe("22 de noviembre de 2026");
  expect(titleForToday(NOON, "en", [page("November 22, 2026")])).toBe("November 22, 2026 (2)");
  const many = ["November 22, 2026", "November 22, 2026 (2)", "Goals"].map((title) => page(title));
  expect(titleForToday(NOON, "en", many)).toBe("November 22, 2026 (3)");
});

it("knows a page of an earlier day", () => {
  expect(isOfEarlierDay(page("Goals", NOON - 11 * HOUR), NOON)).toBe(false);
  expect(isOfEarlierDay(page("Goals", NOON - 13 * HOUR), NOON)).toBe(true);
  // Begun by a clock that is ahead: no reason to begin another one.
  expect(isOfEarlierDay(page("Goals", NOON + 13 * HOUR), NOON)).toBe(false);
});
