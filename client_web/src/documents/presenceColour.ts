/** Colours of cursors: what is readable on paper and on a dark board alike, and the same for everybody who looks. */

const COLOURS = [
  "#2f6f62",
  "#b4532a",
  "#4a5fa8",
  "#8a4f8f",
  "#7a6a1f",
  "#2f7fa0",
  "#a63d57",
  "#4f7a2f",
] as const;

export function presenceColour(personId: string): string {
  let hash = 0;
  for (const character of personId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? COLOURS[0];
}
