import { expect, it } from "vitest";
import { ContactBars } from "../../../src/hours/programme/ContactBars";
import { PairTable } from "../../../src/hours/programme/PairTable";
import { readView } from "../../../src/hours/programme/view";
import { programmeEn } from "../../../src/i18n/programmeEn";
import { pair } from "../../support/hours";
import { markupOf } from "../../support/words";

const COUNTED = "Entries that count";

it("says that only entries that count are counted, in the column's head and where one sorts by it", () => {
  const markup = markupOf(
    <PairTable
      pairs={[{ status: pair({ waiting_minutes: 90 }), credited_minutes: 0, meeting_count: 0 }]}
      view={readView(new URLSearchParams())}
      today="2026-11-30"
      onChange={() => undefined}
    />,
    programmeEn,
  );
  const heads = [...markup.matchAll(/<th scope="col"[^>]*>(.*?)<\/th>/g)].map(([, head = ""]) => head);
  expect(heads.filter((head) => head.includes(COUNTED))).toHaveLength(1);
  expect(markup).toContain(`<option value="entries">${COUNTED}</option>`);
  expect(markup).not.toContain(">Entries<");
});

it("says so of the kinds of contact, too", () => {
  const contacts = [{ contact_type: "visit" as const, credited_minutes: 30, entry_count: 1 }];
  expect(markupOf(<ContactBars contacts={contacts} />, programmeEn)).toContain(`>${COUNTED}<`);
});
