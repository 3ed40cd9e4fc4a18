import { expect, it } from "vitest";
import { clockMarks, lengthOf, mostAtOnce, offsetOf, placed, spanOf, stayOf } from "../../src/hours/geometry";
import { MEETING, person, stretch } from "../support/hours";

const HOUR = 3_600_000;
const connection = (joined_at: number, left_at: number | null, last_seen_at = left_at ?? 0) => ({
  connection_id: `${joined_at}`,
  joined_at,
  left_at,
  left_reason: null,
  last_seen_at,
  events: [],
});

it("spans from the first who came to the last who went", () => {
  const people = [
    person({ present: [stretch(10, 40)] }),
    person({ present: [stretch(5, 8), stretch(20, 60)] }),
  ];
  const evidence = {
    meeting: MEETING,
    closed_at: 70,
    people,
    together: [],
    counted_elsewhere: [],
    is_cut: false,
  };
  expect(spanOf(evidence)).toEqual(stretch(5, 60));
  expect(spanOf({ ...evidence, people: [] })).toBeNull();
});

it("lays stretches out in percent, cut at the edges", () => {
  const span = stretch(1_000, 2_000);
  expect(placed([stretch(1_250, 1_500), stretch(500, 1_100), stretch(1_900, 9_000)], span)).toEqual([
    { left: 25, width: 25, stretch: stretch(1_250, 1_500) },
    { left: 0, width: 10, stretch: stretch(500, 1_100) },
    { left: 90, width: 10, stretch: stretch(1_900, 9_000) },
  ]);
  expect(placed([stretch(0, 1_000), stretch(2_000, 3_000)], span)).toEqual([]);
  expect(placed([stretch(5, 5)], stretch(5, 5))).toEqual([]);
});

it("keeps what is very short to be seen, and inside", () => {
  const [last] = placed([stretch(999_999, 1_000_000)], stretch(0, 1_000_000));
  expect(last?.width).toBe(0.25);
  expect((last?.left ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(100);
});

it("marks round times of the programme's clock", () => {
  const from = Date.parse("2026-11-20T15:03:00Z");
  const marks = clockMarks(stretch(from, from + HOUR / 2), 0, 5);
  expect(marks.map(({ at }) => new Date(at).toISOString().slice(11, 16))).toEqual([
    "15:10",
    "15:20",
    "15:30",
  ]);
  expect(marks[0]?.left).toBeCloseTo((7 / 30) * 100);
  // What would stick out at an end is left out.
  const full = clockMarks(stretch(from - 3 * 60_000, from + HOUR / 2 - 3 * 60_000), 0, 5);
  expect(full.map(({ left }) => Math.round(left))).toEqual([33, 67]);
  expect(clockMarks(stretch(from, from + 61_000), 0, 1)).not.toEqual([]);
  // Kathmandu's clock is 5:45 ahead: its full hours are not those of UTC.
  const kathmandu = offsetOf(from, "Asia/Kathmandu");
  expect(kathmandu).toBe(5.75 * HOUR);
  const [first] = clockMarks(stretch(from, from + 4 * HOUR), kathmandu, 5);
  expect(first && new Date(first.at).toISOString().slice(11, 16)).toBe("15:15");
});

it("knows how far a clock is from UTC, in summer and winter", () => {
  expect(offsetOf(Date.parse("2026-11-20T15:00:00.250Z"), "America/Chicago")).toBe(-6 * HOUR);
  expect(offsetOf(Date.parse("2026-07-20T15:00:00Z"), "America/Chicago")).toBe(-5 * HOUR);
});

it("tells how long somebody was away in between", () => {
  const present = [stretch(0, 10), stretch(15, 20), stretch(22, 30)];
  expect(stayOf(person({ present }))).toEqual({ from: 0, to: 30, breaks: 2, awayMs: 7 });
  expect(lengthOf(present)).toBe(23);
  expect(stayOf(person())).toBeNull();
});

it("counts tabs and devices that were open at once, not those that followed each other", () => {
  expect(mostAtOnce([connection(0, 10), connection(10, 20)])).toBe(1);
  expect(mostAtOnce([connection(0, 10), connection(5, 20), connection(6, 7)])).toBe(3);
  expect(mostAtOnce([connection(0, null, 10), connection(9, 20)])).toBe(2);
  expect(mostAtOnce([])).toBe(0);
});
