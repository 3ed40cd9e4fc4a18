import { createInstance } from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { expect, it } from "vitest";
import { objectionsOf } from "../../src/hours/history";
import { Story } from "../../src/hours/Story";
import { en } from "../../src/i18n/en";
import { hoursEn } from "../../src/i18n/hoursEn";
import type { EntryDetail, LogStep, MeetingEvidence } from "../../src/protocol/generated";
import { entry, logStep, MAYA, MEETING, person, RUTH, stretch } from "../support/hours";

const at = (time: string) => Date.parse(`2026-11-20T${time}Z`);
const EVIDENCE: MeetingEvidence = {
  meeting: MEETING,
  closed_at: at("15:33:00"),
  people: [
    person({ present: [stretch(at("15:00:12"), at("15:31:40"))] }),
    person({
      person: MAYA,
      side: "mentee",
      present: [stretch(at("15:04:02"), at("15:20:00")), stretch(at("15:20:30"), at("15:33:00"))],
    }),
  ],
  together: [stretch(at("15:04:02"), at("15:20:00")), stretch(at("15:20:30"), at("15:31:40"))],
  counted_elsewhere: [],
  is_cut: false,
};
const DETAIL: EntryDetail = {
  entry: entry({ measured_ms: 1_628_000, is_confirmed_by_mentor: true }),
  steps: [logStep()],
  evidence: EVIDENCE,
};

const PROPOSED =
  "By the programme’s rules for short gaps, for rounding and for how much of a day can count, Roundup proposed 28 min.";

function told(change: Partial<EntryDetail>): string[] {
  const i18n = createInstance();
  void i18n.use(initReactI18next).init({
    resources: { en: { translation: { ...en, ...hoursEn } } },
    lng: "en",
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  const markup = renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <Story detail={{ ...DETAIL, ...change }} timeZone="America/Chicago" />
    </I18nextProvider>,
  );
  return [...markup.matchAll(/<p>(.*?)<\/p>/gs)].map(([, line = ""]) =>
    line.replace(/<[^>]+>/g, "").replace(/[\u202f\u00a0]/g, " "),
  );
}

it("explains the minutes of a meeting in sentences", () => {
  expect(told({})).toEqual([
    "On Friday, November 20, 2026, Ruth and Maya met in “Lounge”.",
    "Ruth was there from 9:00 AM to 9:31 AM, without a break.",
    "Maya was there from 9:04 AM to 9:33 AM, away once in between, for 30 sec.",
    "Both were there at once for 27 min 8 sec.",
    PROPOSED,
    "Ruth has confirmed it, Maya not yet.",
  ]);
});

const ADJUSTED = logStep({
  number: 8,
  action: "adjusted",
  side: "mentor",
  author: RUTH,
  at: at("18:00:00"),
  credited_minutes: 25,
  text: "The room stayed open.",
});

it("says who changed it and why, and what it was before", () => {
  const words = told({ steps: [logStep(), ADJUSTED] });
  expect(words).toContain(PROPOSED);
  expect(words).toContain("Ruth made it 25 min on Nov 20, 2026, 12:00 PM, because: The room stayed open.");
});

it("says so also where it was measured anew since, which changes nothing of what somebody has said", () => {
  const measured = logStep({ number: 9, action: "measured", measured_ms: 1_800_000, credited_minutes: 25 });
  const words = told({ steps: [logStep(), ADJUSTED, measured] });
  expect(words).toEqual(told({ steps: [logStep(), ADJUSTED] }));
});

const OBJECTED = logStep({
  number: 8,
  action: "disputed",
  side: "mentee",
  author: MAYA,
  at: at("17:00:00"),
  text: "I left earlier.",
});
const OBJECTION = "Maya objected on Nov 20, 2026, 11:00 AM, because: I left earlier.";
const DISPUTED = entry({ state: "disputed" });

it("says of what is in dispute who objected and why, also after the other side has changed it", () => {
  const end = [OBJECTION, "It is in dispute, so it counts for nothing now."];
  expect(told({ entry: DISPUTED, steps: [logStep(), OBJECTED] }).slice(-2)).toEqual(end);
  const adjusted = { ...ADJUSTED, number: 9 };
  expect(told({ entry: DISPUTED, steps: [logStep(), OBJECTED, adjusted] }).slice(-3)).toEqual([
    "Ruth made it 25 min on Nov 20, 2026, 12:00 PM, because: The room stayed open.",
    ...end,
  ]);
});

it("says only the objections that stand: the last one of each side that has not taken it back", () => {
  const ruths = logStep({ number: 9, action: "disputed", side: "mentor", author: RUTH, text: "I did not." });
  const again = { ...OBJECTED, number: 10, text: "I left at nine." };
  const taken = logStep({ number: 11, action: "confirmed", side: "mentor", author: RUTH });
  const cora = { person_id: "u_cora", name: "Cora" };
  const settled = logStep({
    number: 12,
    action: "adjusted",
    side: "coordinator",
    author: cora,
    text: "Half.",
  });
  const numbers = (...steps: LogStep[]) => objectionsOf(steps).map(({ number }) => number);
  expect(numbers(logStep(), OBJECTED, ruths)).toEqual([8, 9]);
  expect(numbers(logStep(), OBJECTED, ruths, again)).toEqual([9, 10]);
  expect(numbers(OBJECTED, ruths, again, taken)).toEqual([10]);
  expect(numbers(OBJECTED, ruths, again, taken, settled)).toEqual([]);
  expect(numbers(ruths, OBJECTED, { ...ADJUSTED, number: 10 })).toEqual([8]);
  expect(told({ steps: [logStep(), OBJECTED] }), "it is proposed").not.toContain(OBJECTION);
});

it("takes away what counts for another meeting, and says so where more is known since", () => {
  const counted_elsewhere = [stretch(at("15:05:00"), at("15:07:00"))];
  const words = told({ evidence: { ...EVIDENCE, counted_elsewhere } });
  expect(words).toContain(
    "Both were there at once for 27 min 8 sec. Of it 2 min count for another meeting that both were in at the same time, so that 25 min 8 sec remain.",
  );
  expect(words).toContain("When it was worked out it was 27 min 8 sec; more is known of the meeting since.");
});

it("tells of an entry by hand who made it, and measures nothing", () => {
  const words = told({
    entry: entry({ meeting: null, measured_ms: null, state: "disputed", credited_minutes: 40 }),
    steps: [
      logStep({ action: "entered", side: "mentee", author: MAYA, credited_minutes: 45, measured_ms: null }),
    ],
    evidence: null,
  });
  expect(words).toEqual([
    "Maya entered 45 min by hand for Ruth and Maya on Friday, November 20, 2026. There was no meeting in Roundup that could be measured.",
    "It is in dispute, so it counts for nothing now.",
  ]);
});

it("says that events were deleted, where there are none any more", () => {
  expect(told({ evidence: null })[1]).toMatch(
    /^Both were there at once for 27 min 8 sec\. What was recorded/,
  );
});
