import { expect, it } from "vitest";
import { HOURS_ID, WaitingHint } from "../../src/home/WaitingHint";
import type { HoursHome } from "../../src/protocol/generated";
import { entry } from "../support/hours";
import { markupOf } from "../support/words";

const home = (change: Partial<HoursHome>): HoursHome => ({
  today: "2026-11-23",
  time_zone: "UTC",
  counts_from: "confirmed",
  term: null,
  terms: [],
  pairs: [],
  has_past_pairs: false,
  waiting: [],
  has_more_waiting: false,
  ...change,
});
const hint = (change: Partial<HoursHome>) => markupOf(<WaitingHint hours={home(change)} />, {});

it("leads to what waits for one's yes, and says how much it is", () => {
  const waiting = [entry({ entry_id: "a" }), entry({ entry_id: "b" })];
  expect(hint({ waiting })).toContain(`href="#${HOURS_ID}"`);
  expect(hint({ waiting })).toContain("Waiting for your yes: 2<");
  expect(hint({ waiting, has_more_waiting: true })).toContain("Waiting for your yes: 2+");
});

it("says nothing where nothing waits", () => {
  expect(hint({})).not.toContain("href");
});
