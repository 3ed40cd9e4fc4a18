import { describe, expect, it } from "vitest";
import {
  type Box,
  cornerOf,
  fitCamera,
  gridPlaces,
  hasCorner,
  layoutGrid,
  layoutLarge,
  stripPlaces,
} from "../../src/room/stageLayout";

const SPACES = [
  { width: 344, height: 560, gap: 8 },
  { width: 704, height: 220, gap: 8 },
  { width: 880, height: 660, gap: 12 },
  { width: 1_248, height: 660, gap: 12 },
  { width: 1_888, height: 940, gap: 12 },
  { width: 700, height: 1_100, gap: 12 },
  { width: 120, height: 90, gap: 8 },
];

const overlap = (a: Box, b: Box) =>
  a.left < b.left + b.width &&
  b.left < a.left + a.width &&
  a.top < b.top + b.height &&
  b.top < a.top + a.height;

function expectApart(boxes: readonly Box[], width: number, height: number): void {
  for (const [at, box] of boxes.entries()) {
    expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
    expect(box.left + box.width).toBeLessThanOrEqual(width + 1);
    expect(box.top + box.height).toBeLessThanOrEqual(height + 1);
    for (const other of boxes.slice(at + 1)) expect(overlap(box, other)).toBe(false);
  }
}

describe.each(SPACES)("on $width × $height", (space) => {
  const { width, height } = space;
  const isTiny = width < 200;

  it("makes pages of at most nine tiles that are not scrolled", () => {
    const places = gridPlaces(space);
    expect(places).toBeGreaterThanOrEqual(2);
    expect(places).toBeLessThanOrEqual(9);
    if (!isTiny) expect(layoutGrid(places, space).height).toBeLessThanOrEqual(height + 1);
  });

  it("lets no tiles of a grid overlap or stick out", () => {
    for (let count = 1; count <= gridPlaces(space); count++) {
      const layout = layoutGrid(count, space);
      expect(layout.tiles).toHaveLength(count);
      expectApart(layout.tiles, width, layout.height);
    }
  });

  it("lets nothing overlap beside a large tile", () => {
    for (let count = 0; count <= stripPlaces(space); count++) {
      const { large, tiles } = layoutLarge(count, space);
      if (large === null) throw new Error("nothing is large");
      expect(tiles).toHaveLength(count);
      if (!isTiny) expectApart([large, ...tiles], width, height);
    }
  });

  it("gives what is large most of the space", () => {
    if (isTiny) return;
    const { large } = layoutLarge(stripPlaces(space), space);
    expect(((large?.width ?? 0) * (large?.height ?? 0)) / (width * height)).toBeGreaterThan(0.45);
  });

  it("fits a camera in without cutting it to a stripe", () => {
    const box = { left: 10, top: 20, width, height };
    const fitted = fitCamera(box);
    expect(fitted.width / fitted.height).toBeGreaterThan(0.78);
    expect(fitted.width / fitted.height).toBeLessThan(1.82);
    expect(fitted.left).toBeGreaterThanOrEqual(box.left);
    expect(fitted.top + fitted.height).toBeLessThanOrEqual(box.top + height + 1);
  });
});

it("has one's own picture in a corner only where that covers little of the other", () => {
  for (const [width, height] of [
    [1_248, 660],
    [880, 520],
    [600, 240],
  ] as const) {
    const space = { width, height, gap: 12 };
    expect(hasCorner(space)).toBe(true);
    const tile = layoutGrid(1, space).tiles[0];
    const corner = cornerOf(tile);
    if (tile === undefined || corner === undefined) throw new Error("nobody is there");
    expect((corner.width * corner.height) / (tile.width * tile.height)).toBeLessThan(0.1);
    expect(corner.left).toBeGreaterThan(tile.left + tile.width / 2);
  }
  // Beside a board; on a phone.
  expect(hasCorner({ width: 1_248, height: 144, gap: 12 })).toBe(false);
  expect(hasCorner({ width: 344, height: 560, gap: 8 })).toBe(false);
});

it("shows fewer on phones, held upright or not", () => {
  expect(gridPlaces({ width: 344, height: 560, gap: 8 })).toBe(6);
  expect(gridPlaces({ width: 704, height: 220, gap: 8 })).toBe(6);
  expect(gridPlaces({ width: 1_248, height: 660, gap: 12 })).toBe(9);
});

it("puts the small ones to the right on wide screens and below on upright ones", () => {
  const wide = layoutLarge(2, { width: 1_248, height: 660, gap: 12 });
  expect(wide.tiles.every((tile) => tile.left > (wide.large?.width ?? 0))).toBe(true);
  const upright = layoutLarge(2, { width: 344, height: 560, gap: 8 });
  expect(upright.tiles.every((tile) => tile.top > (upright.large?.height ?? 0))).toBe(true);
});

it("puts a row that is not full into the middle", () => {
  const space = { width: 1_248, height: 660, gap: 12 };
  const { tiles } = layoutGrid(5, space);
  const last = tiles.slice(3);
  const [first] = last;
  const end = last.at(-1);
  expect((first?.left ?? 0) + (end?.left ?? 0) + (end?.width ?? 0)).toBeCloseTo(space.width, -1);
});

it("needs no strip for nobody", () => {
  expect(layoutLarge(0, { width: 800, height: 500, gap: 12 })).toMatchObject({
    large: { width: 800, height: 500 },
    tiles: [],
  });
});
