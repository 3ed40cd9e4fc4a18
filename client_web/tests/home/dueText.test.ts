import { expect, it } from "vitest";
import { dueOf } from "../../src/home/dueText";

const now = new Date(2026, 10, 22, 23, 30);

it.each([
  ["2026-11-20", { kind: "overdue", days: 2 }],
  ["2026-11-21", { kind: "overdue", days: 1 }],
  ["2026-11-22", { kind: "today" }],
  ["2026-11-23", { kind: "tomorrow" }],
  ["2026-11-24", { kind: "later" }],
  ["2025-11-22", { kind: "overdue", days: 365 }],
])("says of %s how it stands to today", (day, due) => {
  expect(dueOf(day, now)).toEqual(due);
});

it("counts days, not hours, also over a change of clocks", () => {
  for (const hour of [0, 12, 23]) {
    expect(dueOf("2026-03-30", new Date(2026, 2, 29, hour))).toEqual({ kind: "tomorrow" });
    expect(dueOf("2026-10-26", new Date(2026, 9, 25, hour))).toEqual({ kind: "tomorrow" });
  }
});
