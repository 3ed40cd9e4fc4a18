/** A name as one or two letters and a colour, for when there is no picture. Pure. */

/** Return the first letters of the first and last word. Counts what people see as one letter as one. */
export function initials(name: string): string {
  const words = name.split(/[\s\-_.]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = firstLetter(words[0]);
  const last = words.length > 1 ? firstLetter(words.at(-1)) : "";
  return (first + last).toLocaleUpperCase();
}

function firstLetter(word: string | undefined): string {
  if (word === undefined) return "";
  const letters = word.replace(/^[^\p{L}\p{N}]+/u, "");
  // Older browsers have no Segmenter: there an accent written apart is lost.
  if (!("Segmenter" in Intl)) return [...letters][0] ?? "";
  return [...new Intl.Segmenter().segment(letters)][0]?.segment ?? "";
}

export const COLOUR_COUNT = 10;

/** Return a number below `COLOUR_COUNT`, always the same for the same person. */
export function colourOf(personId: string): number {
  // FNV-1a, whose high bits are the well mixed ones.
  let hash = 0x811c9dc5;
  for (const character of personId) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 16) % COLOUR_COUNT;
}
