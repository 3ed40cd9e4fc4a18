import { expect, it } from "vitest";
import { CaseloadTile } from "../../src/hours/CaseloadRow";
import { Plan } from "../../src/hours/Plan";
import { Requirements } from "../../src/hours/Requirements";
import { hoursEn } from "../../src/i18n/hoursEn";
import type { PlanStep } from "../../src/protocol/generated";
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

it("says of days that they are without a contact that counts, since there may be others", () => {
  const since = { unit: "days", standing: "overdue", done: 98, needed: 14, shortfall: null } as const;
  expect(words(since)).toContain("|98 days without a contact that counts, at most 14|");
  expect(words({ ...since, done: 1 })).toContain("|1 day without a contact that counts, at most 14|");
});

it("says it on a mentee's tile, too", () => {
  const late = pair({ standing: "overdue", requirements: [WEEKLY] });
  expect(wordsOf(<CaseloadTile pair={late} today={TODAY} ownId="u_ruth" />)).toContain(
    "35 min still missing from",
  );
});

it("says which contacts count, where not all do", () => {
  expect(words({ contact_types: ["conference", "visit"] })).toContain("|Counts: conference or visit|");
  expect(words({ minimum_minutes: 20 })).toContain("|Counts: contacts of 20 min or more|");
  expect(words({ contact_types: ["email"], minimum_minutes: 20 })).toContain(
    "|Counts: e-mail, 20 min or more|",
  );
  expect(words({ contact_types: [] })).toContain("|No contact can count for this.");
  expect(words({ minimum_minutes: 1 })).not.toContain("ount");
  expect(words()).not.toContain("ount");
});

it("says of each step of a plan what ticks it, until it is done", () => {
  const step: PlanStep = {
    name: "First session",
    due_on: "2026-12-20",
    done_on: null,
    entry_id: null,
    contact_types: ["conference"],
    minimum_minutes: 20,
  };
  const said = (change: Partial<PlanStep>, ...plans: Partial<typeof WEEKLY>[]) => {
    const requirements = [WEEKLY, ...plans.map((plan) => requirement({ unit: "steps", ...plan }))];
    return wordsOf(<Plan plan={[{ ...step, ...change }]} requirements={requirements} today={TODAY} />);
  };
  expect(said({}, {})).toContain("|Counts: conference, 20 min or more|");
  expect(said({ contact_types: null, minimum_minutes: 0 }, {})).not.toContain("Counts");
  const same = { contact_types: step.contact_types, minimum_minutes: 20 };
  expect(said({}, same), "it is said of the whole plan").not.toContain("Counts");
  expect(said({}, same, {}), "it may be a step of the other plan").toContain("Counts");
  expect(said({ done_on: "2026-11-20" }, {})).not.toContain("Counts");
});
