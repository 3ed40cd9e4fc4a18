/** Who is inside, as few words as do. Pure. */

const MOST_NAMES = 3;

/** Split names into those that are said and the number of the rest. Two of the same person count once. */
export function namesAndRest(names: readonly string[]): { said: string[]; rest: number } {
  if (names.length <= MOST_NAMES + 1) return { said: [...names], rest: 0 };
  return { said: names.slice(0, MOST_NAMES), rest: names.length - MOST_NAMES };
}

/** Join names as the language does: "Ana, Ben, and Chloe". */
export function listNames(names: readonly string[], language: string, isClosed = true): string {
  const type = isClosed ? "conjunction" : "unit";
  return new Intl.ListFormat(language, { type, style: isClosed ? "long" : "short" }).format(names);
}
