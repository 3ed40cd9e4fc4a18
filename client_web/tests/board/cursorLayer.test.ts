import { expect, it } from "vitest";
import { placeOf } from "../../src/board/cursorLayer";

const viewport = { scrollX: 100, scrollY: 50, zoom: 2, width: 800, height: 600 };

it("puts a pointer where it is on this screen, or at the edge", () => {
  expect(placeOf({ x: 10, y: 20 }, viewport)).toEqual({ x: 220, y: 140, isOutside: false });
  expect(placeOf({ x: -500, y: 20 }, viewport)).toEqual({ x: 0, y: 140, isOutside: true });
  expect(placeOf({ x: 10, y: 9_000 }, viewport)).toEqual({ x: 220, y: 584, isOutside: true });
});
