import { expect, it } from "vitest";
import { fromFlat, isContinuedBy, isFlat, MOST_NUMBERS, toFlat } from "../../src/board/points";

const points = [
  [0, 0],
  [1.5, -2.25],
] as const;

it("makes one list of points, and points of a list", () => {
  expect(toFlat(points, [], false)).toEqual([0, 0, 1.5, -2.25]);
  expect(fromFlat([0, 0, 1.5, -2.25], false)).toEqual({ points, pressures: [] });
  expect(fromFlat(toFlat(points, [0.5, 1], true), true)).toEqual({ points, pressures: [0.5, 1] });
});

it("rounds finer than a screen shows, so that numbers are short and stay the same when rounded again", () => {
  const flat = toFlat([[1 / 3, -0]], [], false);
  expect(flat[0]).toBeCloseTo(1 / 3, 1);
  expect(Object.is(flat[1], 0)).toBe(true);
  expect(Math.fround(flat[0] ?? 0)).toBe(flat[0]);
  expect(toFlat(fromFlat(flat, false).points, [], false)).toEqual(flat);
});

it("leaves out a last point that is incomplete, and keeps pressure within bounds", () => {
  expect(fromFlat([1, 2, 3], false).points).toEqual([[1, 2]]);
  expect(fromFlat([1, 2, 9, 3, 4, -9, 5], true)).toEqual({
    points: [
      [1, 2],
      [3, 4],
    ],
    pressures: [1, 0],
  });
});

it("knows a list of sound numbers", () => {
  expect(isFlat([1, -5], 5)).toBe(true);
  for (const odd of [undefined, "12", [1, "2"], [Number.NaN], [6], [Number.POSITIVE_INFINITY]]) {
    expect(isFlat(odd, 5)).toBe(false);
  }
  expect(isFlat(new Array(MOST_NUMBERS + 1).fill(0), 5)).toBe(false);
});

it("knows what was only added to", () => {
  expect(isContinuedBy([1, 2], [1, 2, 3])).toBe(true);
  expect(isContinuedBy([1, 2], [1, 2])).toBe(true);
  expect(isContinuedBy([1, 2], [1])).toBe(false);
  expect(isContinuedBy([1, 2], [1, 3, 4])).toBe(false);
});
