/** What part of a board one sees, and how to see what another sees on a screen of another shape. Pure. */

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
