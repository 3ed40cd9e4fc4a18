/** Where each tile of the stage stands. Pure; all lengths in CSS pixels. */

import { layoutTiles, type Space } from "./tileLayout";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface StageLayout {
  large: Box | null;
  /** One for each other tile. */
  tiles: readonly Box[];
  /** Of everything; more than there is when it is scrolled. */
  height: number;
}

const MOST_TILES = 9;
/** On a phone, more faces than these are too small, and cost its battery. */
const MOST_ON_PHONES = 6;
const LEAST_HEIGHT = 84;
/** Of a lower tile one's own picture, which is never smaller than can be seen, would cover more than a tenth. */
const LEAST_WITH_CORNER = 240;
const CORNER = 14;
const STRIP_RATIO = 16 / 9;
/** Of a strip below, whose tiles are narrow. */
const LOW_STRIP_RATIO = 4 / 3;

/** Tell how many tiles of one size make a page. */
export function gridPlaces(space: Space): number {
  const isPhone = space.width < 600 || space.height < 320;
  for (let count = isPhone ? MOST_ON_PHONES : MOST_TILES; count > 2; count--) {
    const { isScrolled, tileHeight } = layoutTiles(count, space);
    if (!isScrolled && tileHeight >= LEAST_HEIGHT) return count;
  }
  return 2;
}

/** Lay out `count` tiles of one size, each row in the middle. */
export function layoutGrid(count: number, space: Space): StageLayout {
  const { columns, rows, tileWidth, tileHeight } = layoutTiles(count, space);
  const height = rows * (tileHeight + space.gap) - space.gap;
  const top = Math.max(0, (space.height - height) / 2);
  const tiles = Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (space.width - inRow * (tileWidth + space.gap) + space.gap) / 2;
    return {
      left: Math.round(left + (index % columns) * (tileWidth + space.gap)),
      top: Math.round(top + row * (tileHeight + space.gap)),
      width: tileWidth,
      height: tileHeight,
    };
  });
  return { large: null, tiles, height: Math.max(space.height, top + height) };
}

/** Tell whether one's own picture can be in a corner of the one other's: where that covers little of them. */
export function hasCorner({ width, height }: Space): boolean {
  return width > height * 1.2 && height >= LEAST_WITH_CORNER;
}

/** Return the lower right corner of the one other's tile. */
export function cornerOf(box: Box | undefined): Box | undefined {
  if (box === undefined) return undefined;
  const width = Math.round(between(120, box.width * 0.2, 340));
  const height = Math.round((width * 9) / 16);
  return {
    left: box.left + box.width - width - CORNER,
    top: box.top + box.height - height - CORNER,
    width,
    height,
  };
}

/** Tell how many small tiles there is a place for beside a large one. */
export function stripPlaces(space: Space): number {
  const { columns, rows } = stripOf(space);
  return columns * rows;
}

/** Lay out a large tile with `count` small ones, at most `stripPlaces`: to its right, or below on upright screens. */
export function layoutLarge(count: number, space: Space): StageLayout {
  const { width, height, gap } = space;
  const { isBeside, columns, tileWidth, tileHeight } = stripOf(space);
  const rows = Math.ceil(count / columns);
  if (count === 0) return { large: { left: 0, top: 0, width, height }, tiles: [], height };
  const deep = rows * (tileHeight + gap);
  const large = isBeside
    ? { left: 0, top: 0, width: width - tileWidth - gap, height }
    : { left: 0, top: 0, width, height: Math.max(0, height - deep) };
  const strip = isBeside
    ? { left: width - tileWidth, top: Math.max(0, (height - deep + gap) / 2) }
    : { left: 0, top: large.height + gap };
  const tiles = Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const indent = isBeside ? 0 : (width - inRow * (tileWidth + gap) + gap) / 2;
    return {
      left: Math.round(strip.left + indent + (index % columns) * (tileWidth + gap)),
      top: Math.round(strip.top + row * (tileHeight + gap)),
      width: tileWidth,
      height: tileHeight,
    };
  });
  return { large, tiles, height };
}

/** Put a camera into a space without cutting off more of it than a grid does. */
export function fitCamera(box: Box): Box {
  const { tileWidth, tileHeight } = layoutTiles(1, { width: box.width, height: box.height, gap: 0 });
  return {
    left: Math.round(box.left + (box.width - tileWidth) / 2),
    top: Math.round(box.top + (box.height - tileHeight) / 2),
    width: tileWidth,
    height: tileHeight,
  };
}

interface Strip {
  isBeside: boolean;
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

function stripOf({ width, height, gap }: Space): Strip {
  if (width > height * 1.2) {
    const tileWidth = Math.round(between(104, width * 0.17, 260));
    const tileHeight = Math.round(tileWidth / STRIP_RATIO);
    const rows = Math.max(1, Math.floor((height + gap) / (tileHeight + gap)));
    return { isBeside: true, columns: 1, rows, tileWidth, tileHeight };
  }
  const columns = width < 600 ? 3 : Math.max(3, Math.floor(width / 210));
  const tileWidth = Math.max(0, Math.floor((width - gap * (columns - 1)) / columns));
  const tileHeight = Math.round(tileWidth / LOW_STRIP_RATIO);
  // Above them, a wide screen keeps its whole width.
  const rows = between(1, Math.floor((height - width * 0.7) / (tileHeight + gap)), 3);
  return { isBeside: false, columns, rows, tileWidth, tileHeight };
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
