import { afterEach, expect, it, vi } from "vitest";
import { TakeAlong } from "../../src/hours/TakeAlong";
import { hoursEn } from "../../src/i18n/hoursEn";
import type { HoursHome } from "../../src/protocol/generated";
import { MAYA } from "../support/hours";
import { markupOf } from "../support/words";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Return the papers of a term, as of a day. */
const papers = (today: string) => {
  vi.stubGlobal("navigator", { languages: ["en-US"] });
  const term = { term_id: "t", name: "Fall", first_day: "2026-08-17", last_day: "2026-12-18" };
  const hours = { terms: [term], term, today } as unknown as HoursHome;
  return markupOf(<TakeAlong people={[MAYA]} hours={hours} ownId={MAYA.person_id} />, hoursEn);
};

it("offers no certificate of a term that is to come, which there is none of", () => {
  expect(papers("2026-12-17")).toContain("Certificate (PDF)");
  expect(papers("2026-08-17")).toContain("Certificate (PDF)");
  expect(papers("2026-08-16")).not.toContain("Certificate (PDF)");
  expect(papers("2026-08-16")).toContain("statements/");
});
