/**
 * The browser's formats, each made once: making one takes a good part of a millisecond, and a long list needs the same
 * few thousands of times. Pure but for what is kept.
 */

const dates = new Map<string, Intl.DateTimeFormat>();
const numbers = new Map<string, Intl.NumberFormat>();
const relatives = new Map<string, Intl.RelativeTimeFormat>();

export const dateFormat = (language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept(dates, keyOf(language, options), () => new Intl.DateTimeFormat(language, options));

export const numberFormat = (language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  kept(numbers, keyOf(language, options), () => new Intl.NumberFormat(language, options));

export const relativeFormat = (language: string): Intl.RelativeTimeFormat =>
  kept(relatives, language, () => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));

const keyOf = (language: string, options: object): string => `${language} ${JSON.stringify(options)}`;

function kept<Format>(formats: Map<string, Format>, key: string, create: () => Format): Format {
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = create();
  formats.set(key, format);
  return format;
}
