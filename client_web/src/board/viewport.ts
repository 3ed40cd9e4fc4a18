/** What part of a board one sees, and how to see what another sees on a screen of another shape. Pure. */

import type { BoardElement } from "./elements";
import { number } from "./fields";
import { inReadingOrder } from "./outline";

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

/** Tell whether nothing moves on the screen between two views. */
export function isSameView(a: Viewport, b: Viewport): boolean {
  return (
    a.scrollX === b.scrollX &&
    a.scrollY === b.scrollY &&
    a.zoom === b.zoom &&
    a.width === b.width &&
    a.height === b.height
  );
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
/** What drawing one thing costs besides its own size, in pixels to a side. */
const WORK_AROUND = 100;

/**
 * Return where to look first: at all of a board when it can still be read, else at where one begins to read; null when
 * it is empty.
 */
export function firstView(elements: readonly BoardElement[], width: number, height: number): Viewport | null {
  if (elements.length === 0) return null;
  const each = elements.map(boundsOfOne);
  const whole = each.reduce(around);
  const free = freeOf(width, height);
  const fitting = fittingZoom(whole, free);
  if (each.length <= MANY) {
    const [first] = inReadingOrder(elements);
    const from = first === undefined ? whole : boundsOfOne(first);
    return view(whole, from, Math.max(fitting, LEAST_READABLE), { width, height });
  }
  // Half of them is on either side: there may be nothing in the middle of the paper.
  const x = median(each.map(([from, , to]) => (from + to) / 2));
  const y = median(each.map(([, from, , to]) => (from + to) / 2));
  const middle: Bounds = [x, y, x, y];
  const views = ZOOMS_OF_MANY.map((zoom) => view(middle, middle, Math.max(fitting, zoom), { width, height }));
  const isFew = (candidate: Viewport) => countWithin(each, boundsOf(candidate)) <= MANY;
  return views.find(isFew) ?? leastWork(views, each);
}

/** Of what lies in a heap all is seen wherever one looks, and is the less work the smaller it is. */
function leastWork(views: readonly Viewport[], each: readonly Bounds[]): Viewport | null {
  const pixels = ([left, top, right, bottom]: Bounds, zoom: number) =>
    ((right - left) * zoom + WORK_AROUND) * ((bottom - top) * zoom + WORK_AROUND);
  const work = (candidate: Viewport) => {
    const seen = each.filter((one) => isWithin(one, boundsOf(candidate)));
    return seen.reduce((sum, one) => sum + pixels(one, candidate.zoom), 0);
  };
  const works = views.map(work);
  return views[works.indexOf(Math.min(...works))] ?? null;
}

/** Return where to look to see all of a board, however small; null when it is empty. */
export function wholeView(elements: readonly BoardElement[], width: number, height: number): Viewport | null {
  if (elements.length === 0) return null;
  const whole = elements.map(boundsOfOne).reduce(around);
  const zoom = Math.max(LEAST_ZOOM, fittingZoom(whole, freeOf(width, height)));
  return view(whole, whole, zoom, { width, height });
}

/** Return where to look to see the same, larger or smaller. */
export function zoomed({ scrollX, scrollY, zoom, width, height }: Viewport, by: number): Viewport {
  const next = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom * by));
  const [x, y] = [width / zoom / 2 - scrollX, height / zoom / 2 - scrollY];
  return { scrollX: width / next / 2 - x, scrollY: height / next / 2 - y, zoom: next, width, height };
}

interface Size {
  width: number;
  height: number;
}

/** What the tools leave of a screen. */
function freeOf(width: number, height: number): Size {
  return { width: width - 2 * TOOLS.side, height: height - TOOLS.top - TOOLS.bottom };
}

function fittingZoom([left, top, right, bottom]: Bounds, free: Size): number {
  return Math.min(1, free.width / (right - left), free.height / (bottom - top));
}

/** Put the middle of `whole` between the tools, or where it does not fit, the beginning of `from` beside them. */
function view(whole: Bounds, from: Bounds, zoom: number, { width, height }: Size): Viewport {
  const free = freeOf(width, height);
  const [left, top, right, bottom] = whole;
  const fitsAcross = (right - left) * zoom <= free.width;
  const fitsDown = (bottom - top) * zoom <= free.height;
  return {
    scrollX: fitsAcross ? width / 2 / zoom - (left + right) / 2 : TOOLS.side / zoom - from[0],
    scrollY: fitsDown
      ? (TOOLS.top + free.height / 2) / zoom - (top + bottom) / 2
      : TOOLS.top / zoom - from[1],
    ...{ zoom, width, height },
  };
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

function countWithin(each: readonly Bounds[], bounds: Bounds): number {
  return each.filter((one) => isWithin(one, bounds)).length;
}

function isWithin(one: Bounds, [left, top, right, bottom]: Bounds): boolean {
  return one[0] <= right && one[2] >= left && one[1] <= bottom && one[3] >= top;
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
