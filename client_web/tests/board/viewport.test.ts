import { expect, it } from "vitest";
import { boundsOf, isSamePlace, lookAt, readBounds } from "../../src/board/viewport";

const own = { scrollX: 100, scrollY: -50, zoom: 2, width: 800, height: 600 };

it("knows what one sees", () => {
  expect(boundsOf(own)).toEqual([-100, 50, 300, 350]);
});

it("shows the same on a screen of the same shape", () => {
  expect(lookAt(boundsOf(own), 800, 600)).toEqual(own);
  expect(lookAt(boundsOf(own), 400, 300)).toMatchObject({ zoom: 1 });
});

it("shows all of it, in the middle, on a screen of another shape", () => {
  const narrow = lookAt(boundsOf(own), 360, 740);
  const [left, top, right, bottom] = boundsOf(narrow);
  expect([left, right]).toEqual([-100, 300]);
  expect(top).toBeLessThan(50);
  expect(50 - top).toBeCloseTo(bottom - 350);
});

it("zooms no further than the editor can", () => {
  expect(lookAt([0, 0, 1_000_000, 10], 800, 600).zoom).toBe(0.1);
  expect(lookAt([0, 0, 1, 1], 800, 600).zoom).toBe(30);
});

it("takes what differs by rounding for the same place", () => {
  expect(isSamePlace(own, { ...own, scrollX: 100.4 })).toBe(true);
  expect(isSamePlace(own, { ...own, scrollY: -48 })).toBe(false);
  expect(isSamePlace(own, { ...own, zoom: 2.1 })).toBe(false);
});

it("reads what others tell, and nothing else", () => {
  expect(readBounds([0, 0, 10, 10])).toEqual([0, 0, 10, 10]);
  for (const odd of [null, [0, 0, 1], [0, 0, "1", 1], [0, 0, 0, 5], [5, 0, 0, 5], [0, 0, 1e300, 1]]) {
    expect(readBounds(odd)).toBeNull();
  }
});
