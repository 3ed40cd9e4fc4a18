import { expect, it } from "vitest";
import { CaseloadTile } from "../../src/hours/CaseloadRow";
import { Requirements } from "../../src/hours/Requirements";
import { hoursEn } from "../../src/i18n/hoursEn";
import { pair, requirement } from "../support/hours";
import { markupOf } from "../support/words";

const TODAY = "2026-11-30";
const WEEKLY = requirement({
  name: "An hour a week",
  standing: "overdue",
  done: 10,
  needed: 60,
  first_day: "2026-11-30",
  last_day: "2026-12-06",
  due_on: "2026-11-29",
  shortfall: { first_day: "2026-11-23", last_day: "2026-11-29", done: 15, needed: 60, missing: 35 },
});
const wordsOf = (part: Parameters<typeof markupOf>[0]) =>
  markupOf(part, hoursEn)
    .replace(/<[^>]+>/g, "|")
    .replace(/[\u2009\u202f\u00a0]/g, " ");
const words = (change: Partial<typeof WEEKLY> = {}) =>
  wordsOf(<Requirements requirements={[{ ...WEEKLY, ...change }]} today={TODAY} />);

it("says of what is overdue what was done then, and what of it is still missing", () => {
  expect(words()).toContain("35 min still missing from Nov 23 – 29, 2026 (15 min of 1 hr)");
  expect(words()).toContain("10 min of 1 hr");
  const year = { first_day: "2025-08-01", last_day: "2026-07-31", done: 1, needed: 2, missing: 1 };
  expect(words({ unit: "meetings", done: 0, needed: 2, shortfall: year })).toContain(
    "1 meeting still missing from Aug 1, 2025 – Jul 31, 2026 (1 of 2 meetings)",
  );
});

it("says of what is due now what is left of it", () => {
  const found = words({ standing: "on_track", due_on: "2026-12-06", shortfall: null });
  expect(found).toContain("50 min left, until Sun, Dec 6 (in 6 days)");
  expect(found).not.toContain("missing");
});

it("says it on a mentee's tile, too", () => {
  const late = pair({ standing: "overdue", requirements: [WEEKLY] });
  expect(wordsOf(<CaseloadTile pair={late} today={TODAY} ownId="u_ruth" />)).toContain(
    "35 min still missing from",
  );
});
