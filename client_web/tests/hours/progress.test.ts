import { expect, it } from "vitest";
import { byNeed, minutesRule, nextDue, rankOf, shareOf, worstOf } from "../../src/hours/progress";
import { pair, requirement } from "../support/hours";

const named = (name: string) => ({ person_id: name, name });

it("fills a bar with what is done, and with the days that are left", () => {
  expect(shareOf(requirement({ done: 45, needed: 180 }))).toBe(0.25);
  expect(shareOf(requirement({ done: 400, needed: 180 }))).toBe(1);
  expect(shareOf(requirement({ done: 0, needed: 0 }))).toBe(1);
  expect(shareOf(requirement({ unit: "days", done: 7, needed: 14 }))).toBe(0.5);
  expect(shareOf(requirement({ unit: "days", done: 30, needed: 14 }))).toBe(0);
});

it("orders pairs by who needs somebody most", () => {
  const due = (due_on: string | null) => [requirement({ due_on })];
  const pairs = [
    pair({ pair_id: "none", standing: null, requirements: [] }),
    pair({ pair_id: "met", standing: "met" }),
    pair({ pair_id: "later", standing: "at_risk", requirements: due("2026-12-01") }),
    pair({ pair_id: "sooner", standing: "at_risk", requirements: due("2026-11-24") }),
    pair({ pair_id: "never seen", standing: "overdue", last_contact_on: null, requirements: due(null) }),
    pair({ pair_id: "seen", standing: "overdue", mentee: named("A"), requirements: due(null) }),
    pair({ pair_id: "seen, too", standing: "overdue", mentee: named("B"), requirements: due(null) }),
  ];
  const sorted = [...pairs].reverse().sort(byNeed);
  expect(sorted.map(({ pair_id }) => pair_id)).toEqual([
    "never seen",
    "seen",
    "seen, too",
    "sooner",
    "later",
    "met",
    "none",
  ]);
});

it("finds what is due next, and what makes a pair stand as it does", () => {
  const late = requirement({ requirement_id: "late", standing: "on_track", due_on: "2026-11-10" });
  const worst = requirement({ requirement_id: "worst", standing: "at_risk", due_on: "2026-11-30" });
  const none = requirement({ requirement_id: "none", standing: "at_risk", due_on: null });
  expect(nextDue([none, worst, late])).toBe(late);
  expect(worstOf([none, late, worst])).toBe(worst);
  expect(nextDue([none])).toBeNull();
  expect(worstOf([])).toBeNull();
});

it("shows minutes against the worst rule that counts minutes", () => {
  const met = requirement({ requirement_id: "year", standing: "met" });
  const risky = requirement({ requirement_id: "month", standing: "at_risk" });
  const days = requirement({ unit: "days", standing: "overdue" });
  expect(minutesRule(pair({ requirements: [days, met, risky] }))).toBe(risky);
  expect(minutesRule(pair({ requirements: [days] }))).toBeNull();
});

it("knows worse from better", () => {
  expect(rankOf("overdue")).toBeLessThan(rankOf("at_risk"));
  expect(rankOf("met")).toBeLessThan(rankOf(null));
});
