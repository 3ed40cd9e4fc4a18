import { describe, expect, it } from "vitest";
import { marksFor, markText, placeOf, spanText } from "../../../src/hours/programme/answers";
import { needByMentor } from "../../../src/hours/programme/mentors";
import { inOrder } from "../../../src/hours/programme/order";
import { percents, stackOf } from "../../../src/hours/programme/stack";
import type { Sort } from "../../../src/hours/programme/view";
import type { PairStatus, PairSummary, Standing } from "../../../src/protocol/generated";

function pairOf(mentee: string, more: Partial<PairStatus> = {}, minutes = 0): PairSummary {
  return {
    credited_minutes: minutes,
    meeting_count: minutes / 10,
    status: {
      pair_id: `p_${mentee}`,
      kind: "mentor",
      mentor: { person_id: "u_1", name: "Ruth" },
      mentee: { person_id: `u_${mentee}`, name: mentee },
      substitute: null,
      is_on_leave: false,
      starts_on: "2026-08-24",
      ends_on: null,
      standing: "on_track",
      requirements: [],
      last_contact_on: "2026-11-01",
      minutes_this_term: 0,
      waiting_minutes: 0,
      disputed_count: 0,
      ...more,
    },
  };
}

const due = (due_on: string | null): PairStatus["requirements"] => [
  {
    requirement_id: "q",
    name: "Contact",
    standing: "on_track",
    unit: "days",
    done: 1,
    needed: 14,
    first_day: null,
    last_day: null,
    due_on,
    next_step: null,
    shortfall: null,
    contact_types: null,
    minimum_minutes: 0,
  },
];

describe("the order of pairs", () => {
  const pairs = [
    pairOf("Zoë", { last_contact_on: "2026-11-02", requirements: due("2026-12-01"), disputed_count: 1 }, 20),
    pairOf("Ángel", { standing: "overdue", last_contact_on: null, waiting_minutes: 500 }, 30),
    pairOf("Bea", { standing: null, requirements: due("2026-11-24") }, 10),
  ];
  const order = (sort: Sort, isReversed = false) =>
    inOrder(pairs, sort, isReversed, "es").map(({ status }) => status.mentee.name);

  it.each<[Sort, string[]]>([
    ["need", ["Zoë", "Ángel", "Bea"]],
    ["mentee", ["Ángel", "Bea", "Zoë"]],
    ["standing", ["Ángel", "Zoë", "Bea"]],
    ["due", ["Bea", "Zoë", "Ángel"]],
    ["last", ["Ángel", "Bea", "Zoë"]],
    ["time", ["Bea", "Zoë", "Ángel"]],
    ["entries", ["Bea", "Zoë", "Ángel"]],
    ["open", ["Bea", "Ángel", "Zoë"]],
  ])("by %s", (sort, names) => {
    expect(order(sort)).toEqual(names);
    expect(order(sort, true)).toEqual([...names].reverse());
  });

  it("leaves what is equal as the server gave it, either way round", () => {
    expect(order("mentor")).toEqual(["Zoë", "Ángel", "Bea"]);
    expect(order("mentor", true)).toEqual(["Zoë", "Ángel", "Bea"]);
  });
});

describe("a bar by kinds", () => {
  it("has its pieces always in the same order, each on the one before", () => {
    const contact = (contact_type: "visit" | "group" | "conference", credited_minutes: number) => ({
      contact_type,
      credited_minutes,
      entry_count: 1,
    });
    expect(stackOf([contact("visit", 5), contact("group", 0), contact("conference", 30)])).toEqual([
      { type: "conference", minutes: 30, from: 0 },
      { type: "visit", minutes: 5, from: 30 },
    ]);
  });

  it("comes to 100 percent, whatever is rounded", () => {
    expect(percents([1, 1, 1])).toEqual([34, 33, 33]);
    expect(percents([0, 0])).toEqual([0, 0]);
    for (const values of [[7, 11, 13, 17], [1, 999], [5], [1, 2, 3, 4, 5, 6, 7]]) {
      expect(percents(values).reduce((one, other) => one + other, 0)).toBe(100);
    }
  });
});

describe("the scale of answers", () => {
  it("reaches a week at least, and as far as the longest", () => {
    expect(marksFor(3).at(-1)).toBe(168);
    expect(marksFor(169).at(-1)).toBe(672);
    expect(marksFor(99_999)).toHaveLength(5);
  });

  it("puts longer further to the right, and nothing outside", () => {
    const marks = marksFor(700);
    const places = [0, 0.5, 1, 24, 168, 672, 1e6].map((hours) => placeOf(hours, marks));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect([places[0], places.at(-1)]).toEqual([0, 1]);
  });

  it("says times as one says them", () => {
    expect(spanText(0.001, "en")).toBe("1 min");
    expect(spanText(0.5, "en")).toBe("30 min");
    expect(spanText(5.4, "en")).toBe("5 hr");
    expect(spanText(61.3, "en")).toBe("3 days");
    expect([1, 24, 168, 672].map((mark) => markText(mark, "en"))).toEqual(["1 hr", "1 day", "1 wk", "4 wks"]);
  });
});

it("tells which mentors have pairs in need, those with most overdue first", () => {
  const of = (id: string, standing: Standing | null) =>
    pairOf(`${id} ${standing}`, { mentor: { person_id: id, name: id }, standing });
  const pairs = [
    of("Ana", "at_risk"),
    of("Ana", "at_risk"),
    of("Ben", "overdue"),
    of("Cem", "at_risk"),
    of("Ben", "met"),
    of("Dee", "on_track"),
    of("Eve", null),
  ];
  expect(needByMentor(pairs).map(({ mentor, overdue, atRisk }) => [mentor.name, overdue, atRisk])).toEqual([
    ["Ben", 1, 0],
    ["Ana", 0, 2],
    ["Cem", 0, 1],
  ]);
});
