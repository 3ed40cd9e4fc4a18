import { expect, it } from "vitest";
import { DutyPart } from "../../../src/hours/programme/DutyPart";
import type { Duty } from "../../../src/hours/programme/view";
import { programmeEn } from "../../../src/i18n/programmeEn";
import { markupOf } from "../../support/words";

const NOTHING = programmeEn.programme.duty.nothing;

/** Return what there is to do in a week, of which nothing has waited for long yet. */
const partWith = (open: Duty | undefined): string =>
  markupOf(
    <DutyPart
      scope={{
        days: { from: "2026-11-30", to: "2026-12-06" },
        today: "2026-12-03",
        words: { kind: undefined, personId: undefined, standing: undefined, q: "" },
      }}
      overdueCount={0}
      counts={{ disputed_count: 0, unanswered_count: 0, confirmed_count: 0 }}
      open={open}
      ownId="u_cora"
      onOpen={() => undefined}
      onShowOverdue={() => undefined}
      onChanged={() => undefined}
    />,
    programmeEn,
  );

it("says that there is nothing to do, unless a list that is open says so", () => {
  expect(partWith(undefined)).toContain(NOTHING);
  expect(partWith("disputed")).not.toContain(NOTHING);
});

it("says so too where the list that is open can have nothing on these days", () => {
  expect(partWith("waiting")).toContain(NOTHING);
});
