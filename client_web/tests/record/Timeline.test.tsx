import { createInstance } from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { expect, it } from "vitest";
import { en } from "../../src/i18n/en";
import { recordEn } from "../../src/i18n/recordEn";
import type { RecordedMeeting, TimelineEntry } from "../../src/protocol/generated";
import { Timeline } from "../../src/record/Timeline";

const TIMELINE: TimelineEntry[] = [
  { type: "came", at: 1_000, person_id: "a", name: "Ana", is_back: false },
  { type: "begun", at: 2_000, document_id: "d", kind: "notes", title: "Goals", person_id: "a", name: "Ana" },
  {
    type: "said",
    at: 3_000,
    message_id: 1,
    person_id: "a",
    name: "Ana",
    text: "<b>see</b> https://a.example",
  },
  { type: "moment", at: 64_000, document_id: "d", text: "Fractions" },
  { type: "went", at: 65_000, person_id: "a", name: "Ana" },
  { type: "came", at: 66_000, person_id: "a", name: "Ana", is_back: true },
];

function draw(change: Partial<RecordedMeeting> = {}, at: number | null = null): string {
  const i18n = createInstance();
  const resources = { en: { translation: { ...en, ...recordEn } } };
  void i18n.use(initReactI18next).init({
    resources,
    lng: "en",
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  const meeting: RecordedMeeting = {
    room: { room_id: "r", slug: "lounge", name: "Lounge", kind: "lounge" },
    meeting_id: "m",
    opened_at: 1_000,
    closed_at: 70_000,
    people: [],
    timeline: TIMELINE,
    is_cut: false,
    documents: [{ document_id: "d", kind: "notes", title: "Goals", is_kept: true, has_changed_since: false }],
    ...change,
  };
  return renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <Timeline meeting={meeting} at={at === null ? null : { at }} />
    </I18nextProvider>,
  );
}

const lines = (markup: string) =>
  [...markup.matchAll(/<li[^>]*>(.*?)<\/li>/gs)].map(([, line = ""]) =>
    line.replace(/<time.*?<\/time>/, "").replace(/<[^>]+>/g, ""),
  );

it("tells what happened in words", () => {
  expect(lines(draw())).toEqual([
    "The meeting began",
    "Ana came",
    "Ana began notes: Goals",
    "Ana&lt;b&gt;see&lt;/b&gt; https://a.example",
    "Noted in Goals 1:03Fractions",
    "Ana left",
    "Ana came back",
    "The meeting ended",
  ]);
});

it("marks the moment that is looked for, and only it", () => {
  const marked = draw({}, 64_000).match(/<li[^>]*aria-current="true"[^>]*>.*?<\/li>/gs) ?? [];
  expect(marked).toHaveLength(1);
  expect(marked[0]).toContain("Fractions");
  expect(draw()).not.toContain("aria-current");
});

it("says so when more happened than it shows, and knows no end of what is going on", () => {
  const cut = draw({ is_cut: true });
  expect(cut).toContain("More happened");
  expect(cut).not.toContain("The meeting ended");
  expect(draw({ closed_at: null })).not.toContain("The meeting ended");
});

it("names no page that is not among those of the meeting", () => {
  expect(lines(draw({ documents: [] }))[4]).toBe("Noted 1:03Fractions");
});
