/** A line's points as one flat list of numbers: x, y and, where a pen told it, pressure. */

export type Point = readonly [number, number];

/** Ten minutes without lifting the pen. */
export const MOST_NUMBERS = 60_000;
/** A 64th of a unit is finer than any screen shows, and such a number takes 5 bytes in an update instead of 9. */
const PER_UNIT = 64;

/** Return the numbers of `points`, each rounded to what is stored. */
export function toFlat(
  points: readonly Point[],
  pressures: readonly number[],
  hasPressure: boolean,
): number[] {
  const flat: number[] = [];
  for (const [at, [x, y]] of points.entries()) {
    flat.push(rounded(x), rounded(y));
    if (hasPressure) flat.push(rounded(pressures[at] ?? 0.5));
  }
  return flat;
}

/** An incomplete last point, which a stroke that is cut in two may leave, is left out. */
export function fromFlat(
  flat: readonly number[],
  hasPressure: boolean,
): { points: Point[]; pressures: number[] } {
  const points: Point[] = [];
  const pressures: number[] = [];
  const stride = hasPressure ? 3 : 2;
  for (let at = 0; at + stride <= flat.length; at += stride) {
    points.push([flat[at] ?? 0, flat[at + 1] ?? 0]);
    if (hasPressure) pressures.push(Math.min(1, Math.max(0, flat[at + 2] ?? 0.5)));
  }
  return { points, pressures };
}

export function isFlat(value: unknown, farthest: number): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_NUMBERS &&
    value.every((entry) => typeof entry === "number" && Math.abs(entry) <= farthest)
  );
}

/** Tell whether `longer` begins with all of `shorter`. */
export function isContinuedBy(shorter: readonly unknown[], longer: readonly unknown[]): boolean {
  return shorter.length <= longer.length && shorter.every((entry, at) => entry === longer[at]);
}

// Adding 0 makes -0 a 0: they are the same place, but not the same bytes.
const rounded = (value: number) => Math.round(value * PER_UNIT) / PER_UNIT + 0;
