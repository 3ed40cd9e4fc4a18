import { describe, expect, it } from "vitest";
import { layoutTiles } from "../../src/room/tileLayout";

const SCREENS = [
  { width: 344, height: 600, gap: 8 },
  { width: 704, height: 220, gap: 8 },
  { width: 880, height: 660, gap: 12 },
  { width: 1_248, height: 680, gap: 12 },
  { width: 1_888, height: 960, gap: 12 },
  { width: 3_808, height: 2_000, gap: 12 },
];

describe.each(SCREENS)("on $width × $height", (space) => {
  it("fits everybody, or scrolls sideways never", () => {
    for (let count = 1; count <= 49; count++) {
      const { columns, rows, tileWidth, tileHeight, isScrolled } = layoutTiles(count, space);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * tileWidth + (columns - 1) * space.gap).toBeLessThanOrEqual(space.width);
      const height = rows * tileHeight + (rows - 1) * space.gap;
      if (!isScrolled) expect(height).toBeLessThanOrEqual(space.height);
      expect(tileWidth).toBeGreaterThan(0);
    }
  });

  it("shows tiles between portrait and 16:9", () => {
    for (let count = 1; count <= 49; count++) {
      const { tileWidth, tileHeight } = layoutTiles(count, space);
      expect(tileWidth / tileHeight).toBeGreaterThan(0.78);
      expect(tileWidth / tileHeight).toBeLessThan(1.82);
    }
  });

  it("leaves no row empty", () => {
    for (let count = 1; count <= 49; count++) {
      const { columns, rows } = layoutTiles(count, space);
      expect((rows - 1) * columns).toBeLessThan(count);
    }
  });
});

it("puts two side by side on a wide screen and one above the other on a phone", () => {
  expect(layoutTiles(2, { width: 1_248, height: 680, gap: 12 }).columns).toBe(2);
  expect(layoutTiles(2, { width: 344, height: 600, gap: 8 }).columns).toBe(1);
});

it("rather leaves a place empty than cut three pictures to portraits", () => {
  expect(layoutTiles(3, { width: 1_248, height: 680, gap: 12 })).toMatchObject({ columns: 2, rows: 2 });
});

it("uses most of the space for a few people", () => {
  for (const space of [SCREENS[0], SCREENS[3], SCREENS[4]]) {
    if (space === undefined) throw new Error("no screen");
    for (const count of [2, 4, 6, 9]) {
      const { tileWidth, tileHeight } = layoutTiles(count, space);
      expect((count * tileWidth * tileHeight) / (space.width * space.height)).toBeGreaterThan(0.6);
    }
  }
});

it("scrolls rather than show 25 stamps on a phone", () => {
  const layout = layoutTiles(25, { width: 344, height: 600, gap: 8 });
  expect(layout).toMatchObject({ isScrolled: true, columns: 2 });
  expect(layoutTiles(25, { width: 1_248, height: 680, gap: 12 }).isScrolled).toBe(false);
});

it.each([
  [0, 100, 100],
  [3, 0, 100],
  [3, 100, 0],
  [1, 40, 30],
])("copes with %i tiles in %i × %i", (count, width, height) => {
  const { tileWidth, tileHeight } = layoutTiles(count, { width, height, gap: 12 });
  expect(Number.isFinite(tileWidth) && Number.isFinite(tileHeight)).toBe(true);
  expect(tileWidth).toBeGreaterThanOrEqual(0);
});
