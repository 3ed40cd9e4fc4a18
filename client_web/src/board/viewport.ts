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
/** So many cost a second when all of them are drawn at once: of such a board one sees its middle first. */
const MANY = 500;
const LEAST_OF_MANY = 0.8;

/** Return where to look first: at all of a board when it can still be read, else at its middle; null when it is empty. */
export function firstView(elements: readonly BoardElement[], width: number, height: number): Viewport | null {
  const bounds = boundsOfAll(elements);
  if (bounds === null) return null;
  const [left, top, right, bottom] = bounds;
  const free = { width: width - 2 * TOOLS.side, height: height - TOOLS.top - TOOLS.bottom };
  const fitting = Math.min(1, free.width / (right - left), free.height / (bottom - top));
  const zoom = Math.max(fitting, elements.length > MANY ? LEAST_OF_MANY : LEAST_READABLE);
  return {
    scrollX: width / 2 / zoom - (left + right) / 2,
    scrollY: (TOOLS.top + free.height / 2) / zoom - (top + bottom) / 2,
    ...{ zoom, width, height },
  };
}

function boundsOfAll(elements: readonly BoardElement[]): Bounds | null {
  if (elements.length === 0) return null;
  const all: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height, points = [[0, 0]] } of elements) {
    // A line may go to the left of where it begins.
    const left = x + Math.min(...points.map(([at]) => at));
    const top = y + Math.min(...points.map(([, at]) => at));
    all[0] = Math.min(all[0], left);
    all[1] = Math.min(all[1], top);
    all[2] = Math.max(all[2], left + width);
    all[3] = Math.max(all[3], top + height);
  }
  return all;
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
