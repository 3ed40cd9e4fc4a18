/** Readers of single fields that a stranger may have written: each returns a sound value, or undefined for none. */

type Read<T> = (value: unknown) => T;

export function number(least: number, most: number): Read<number | undefined> {
  // Comparisons with NaN are false.
  return (value) => (typeof value === "number" && value >= least && value <= most ? value : undefined);
}

export function within(least: number, most: number, otherwise: number): Read<number> {
  return (value) =>
    typeof value === "number" && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

export function choice<T extends string>(values: readonly [T, ...T[]]): Read<T> {
  return (value) => values.find((known) => known === value) ?? values[0];
}

export function flag(otherwise: boolean): Read<boolean> {
  return (value) => (typeof value === "boolean" ? value : otherwise);
}

export function text(most: number): Read<string | undefined> {
  return (value) => (typeof value === "string" && value.length <= most ? value : undefined);
}

/** A whole number that fits 31 bits, as seeds are. */
export const count: Read<number> = (value) => Math.trunc(within(0, 2 ** 31 - 1, 1)(value));

export const identifier: Read<string | undefined> = (value) =>
  typeof value === "string" && /^[\w-]{1,128}$/.test(value) ? value : undefined;

/**
 * A fractional index: a letter that says how many digits its whole part has, these, and a fraction that does not end in 0.
 * Null for anything else, which would make whoever has to put something before or after it fail.
 */
export const fractionalIndex: Read<string | null> = (value) => {
  if (typeof value !== "string" || !/^[A-Za-z][\dA-Za-z]{1,127}$/.test(value)) return null;
  const head = value.charCodeAt(0);
  const wholeLength = head >= 97 ? head - 95 : 92 - head;
  const fraction = value.slice(wholeLength);
  if (value.length < wholeLength || fraction.endsWith("0")) return null;
  return /^A0+$/.test(value.slice(0, wholeLength)) ? null : value;
};

export const idList: Read<string[]> = (value) =>
  Array.isArray(value) ? value.slice(0, 20).filter((id) => identifier(id) !== undefined) : [];

/** Names, hex and functions of numbers. An `url(…)` would make an exported file ask another host for something. */
const COLOR = /^(#[\da-f]{3,8}|[a-z]{1,24}|(rgb|hsl)a?\([\d\s.,%/deg]{1,48}\))$/i;

export function color(otherwise: string): Read<string> {
  return (value) => (typeof value === "string" && COLOR.test(value) ? value : otherwise);
}

/** An address that one may be led to, or null. */
export const link: Read<string | null> = (value) => {
  if (typeof value !== "string" || value.length > 2_000) return null;
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(value).protocol) ? value : null;
  } catch {
    return null;
  }
};
