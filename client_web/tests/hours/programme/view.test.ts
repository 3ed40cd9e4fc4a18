import { describe, expect, it } from "vitest";
import {
  daysOf,
  daysOfWeek,
  isNarrowed,
  readView,
  withChanges,
  wordsOf,
} from "../../../src/hours/programme/view";
import { MAX_DAYS } from "../../../src/protocol/generated";

const read = (words: string) => readView(new URLSearchParams(words));
const change = (words: string, changes: Parameters<typeof withChanges>[1]) =>
  withChanges(new URLSearchParams(words), changes).toString();

describe("an address", () => {
  it("without words shows all pairs of the present term, those in need first", () => {
    expect(read("")).toEqual({
      days: null,
      week: undefined,
      kind: undefined,
      personId: undefined,
      standing: undefined,
      q: "",
      sort: "need",
      isReversed: false,
      page: 0,
      duty: undefined,
    });
    expect(isNarrowed(read("from=2026-08-24&to=2026-12-18&week=2026-10-19&sort=time"))).toBe(false);
  });

  it("says what is looked at", () => {
    const words =
      "from=2026-08-24&to=2026-12-18&week=2026-10-19&kind=mentor&person=u_1&standing=at_risk&q=+Ana+" +
      "&sort=time&order=reverse&page=3&list=waiting";
    expect(read(words)).toEqual({
      days: { from: "2026-08-24", to: "2026-12-18" },
      week: "2026-10-19",
      kind: "mentor",
      personId: "u_1",
      standing: "at_risk",
      q: "Ana",
      sort: "time",
      isReversed: true,
      page: 2,
      duty: "waiting",
    });
  });

  it.each([
    "kind=friend",
    "standing=fine",
    "sort=shoe",
    "page=0",
    "page=-2",
    "page=x",
    "list=all",
    "person=",
  ])("with a word that means nothing (%s) is as without it", (words) =>
    expect(read(words)).toEqual(read("")),
  );

  it.each([
    "from=2026-08-24",
    "to=2026-08-24",
    "from=2026-12-18&to=2026-08-24",
    "from=2026-02-30&to=2026-03-30",
    "from=yesterday&to=today",
    "from=2020-01-01&to=2026-01-01",
  ])("with days that are none (%s) shows the present term", (words) => expect(read(words).days).toBeNull());

  it("takes a week only from its Monday", () => {
    expect(read("week=2026-10-19").week).toBe("2026-10-19");
    expect(read("week=2026-10-20").week).toBeUndefined();
    expect(read("week=2026-10-18").week).toBeUndefined();
  });

  it.each(["kind=mentor", "person=u_1", "standing=met", "q=a"])("narrows pairs down by %s", (words) =>
    expect(isNarrowed(read(words))).toBe(true),
  );
});

describe("a change", () => {
  it("keeps the rest, and begins with the first page", () => {
    expect(change("kind=mentor&page=4&sort=time", { q: "ana" })).toBe("kind=mentor&sort=time&q=ana");
    expect(change("kind=mentor&page=4", { kind: undefined })).toBe("");
    expect(change("q=a", { q: "" })).toBe("");
  });

  it("turns pages, and opens a list without turning them", () => {
    expect(change("page=4", { page: "5" })).toBe("page=5");
    expect(change("page=4", { list: "disputed" })).toBe("page=4&list=disputed");
  });

  it("of the days lets go of the week", () => {
    expect(change("week=2026-10-19", { from: "2026-01-01", to: "2026-02-01" })).toBe(
      "from=2026-01-01&to=2026-02-01",
    );
    expect(change("from=2026-01-01&to=2026-02-01&week=2026-01-05", { from: undefined, to: undefined })).toBe(
      "",
    );
  });
});

it("asks the server by its own words, without what only this page knows", () => {
  expect(wordsOf(read(""))).toBe("");
  expect(
    wordsOf(read("from=2026-08-24&to=2026-12-18&week=2026-10-19&person=u 1&q=a%26b&sort=time&page=2")),
  ).toBe("from=2026-08-24&to=2026-12-18&person_id=u+1&q=a%26b");
});

it("cuts a week to the days that are looked at", () => {
  const days = { from: "2026-08-26", to: "2026-12-16" };
  expect(daysOfWeek("2026-08-24", days)).toEqual({ from: "2026-08-26", to: "2026-08-30" });
  expect(daysOfWeek("2026-10-19", days)).toEqual({ from: "2026-10-19", to: "2026-10-25" });
  expect(daysOfWeek("2026-12-14", days)).toEqual({ from: "2026-12-14", to: "2026-12-16" });
  expect(daysOfWeek("2026-08-17", days)).toBeNull();
  expect(daysOfWeek("2026-12-21", days)).toBeNull();
});

it("takes as many days as the server does, and one is enough", () => {
  const last = new Date(Date.UTC(2026, 0, MAX_DAYS)).toISOString().slice(0, 10);
  const after = new Date(Date.UTC(2026, 0, MAX_DAYS + 1)).toISOString().slice(0, 10);
  expect(daysOf("2026-01-01", last)).toEqual({ from: "2026-01-01", to: last });
  expect(daysOf("2026-01-01", after)).toBeNull();
  expect(daysOf("2026-01-01", "2026-01-01")).not.toBeNull();
});
