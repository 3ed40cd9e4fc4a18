/** What part of a board one sees, and how to see what another sees on a screen of another shape. Pure. */

import type { BoardElement } from "./elements";
import { number } from "./fields";

/** Left, top, right, bottom, in scene units. */
export type Bounds = readonly [number, number, number, number];

export interface Viewport {
  scrollX: number;
  scrollY: number;
  zoom: number;
  /** CSS pixels. */
  width: number;
  height: number;
}

export const LEAST_ZOOM = 0.1;
export const MOST_ZOOM = 30;
/** Closer than this is the same place: what is told is rounded. */
const SAME_UNITS = 1;

export function boundsOf({ scrollX, scrollY, zoom, width, height }: Viewport): Bounds {
  return [-scrollX, -scrollY, width / zoom - scrollX, height / zoom - scrollY];
}

/** Return where to look so that all of `bounds` is in the middle of a screen of `width` and `height`. */
export function lookAt(bounds: Bounds, width: number, height: number): Viewport {
  const [left, top, right, bottom] = bounds;
  const fitting = Math.min(width / (right - left), height / (bottom - top));
  const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, fitting));
  return {
    scrollX: width / zoom / 2 - (left + right) / 2,
    scrollY: height / zoom / 2 - (top + bottom) / 2,
    zoom,
    width,
    height,
  };
}

/** What the editor's tools cover of a screen, and how small things may become so that all of a board is seen. CSS pixels. */
const TOOLS = { top: 100, bottom: 76, side: 20 };
const LEAST_READABLE = 0.4;
/** So many cost half a second when all of them are drawn at once: of a board with more one sees its middle first. */
const MANY = 500;
const ZOOMS_OF_MANY = [0.8, 1, 1.25, 1.6, 2];

/** Return where to look first: at all of a board when it can still be read, else at its middle; null when it is empty. */
export function firstView(elements: readonly BoardElement[], width: number, height: number): Viewport | null {
  if (elements.length === 0) return null;
  const each = elements.map(boundsOfOne);
  const [left, top, right, bottom] = each.reduce(around);
  const free = { width: width - 2 * TOOLS.side, height: height - TOOLS.top - TOOLS.bottom };
  const view = (zoom: number, x: number, y: number): Viewport => ({
    scrollX: width / 2 / zoom - x,
    scrollY: (TOOLS.top + free.height / 2) / zoom - y,
    ...{ zoom, width, height },
  });
  const fitting = Math.min(1, free.width / (right - left), free.height / (bottom - top));
  if (each.length <= MANY) {
    return view(Math.max(fitting, LEAST_READABLE), (left + right) / 2, (top + bottom) / 2);
  }
  // Half of them is on either side: there may be nothing in the middle of the paper.
  const x = median(each.map(([from, , to]) => (from + to) / 2));
  const y = median(each.map(([, from, , to]) => (from + to) / 2));
  const views = ZOOMS_OF_MANY.map((zoom) => view(Math.max(fitting, zoom), x, y));
  const isFew = (candidate: Viewport) => countWithin(each, boundsOf(candidate)) <= MANY;
  return views.find(isFew) ?? views.at(-1) ?? null;
}

function boundsOfOne({ x, y, width, height, points }: BoardElement): Bounds {
  let [left, top] = [x, y];
  // A line may go to the left of where it begins.
  for (const [dx, dy] of points ?? []) {
    left = Math.min(left, x + dx);
    top = Math.min(top, y + dy);
  }
  return [left, top, left + width, top + height];
}

function around(one: Bounds, other: Bounds): Bounds {
  return [
    Math.min(one[0], other[0]),
    Math.min(one[1], other[1]),
    Math.max(one[2], other[2]),
    Math.max(one[3], other[3]),
  ];
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0;
}

function countWithin(each: readonly Bounds[], [left, top, right, bottom]: Bounds): number {
  return each.filter((one) => one[0] <= right && one[2] >= left && one[1] <= bottom && one[3] >= top).length;
}

export function isSamePlace(a: Viewport, b: Viewport): boolean {
  const isNear = (one: number, other: number) => Math.abs(one - other) < SAME_UNITS;
  return (
    isNear(a.scrollX, b.scrollX) && isNear(a.scrollY, b.scrollY) && Math.abs(a.zoom / b.zoom - 1) < 0.001
  );
}

const place = number(-10_000_000, 10_000_000);

/** Return bounds that somebody told, or null for what is none. */
export function readBounds(value: unknown): Bounds | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [left, top, right, bottom] = value.map(place);
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return null;
  return right - left >= 1 && bottom - top >= 1 ? [left, top, right, bottom] : null;
}
