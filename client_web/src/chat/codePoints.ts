/** Lengths as the server counts them. */

/** Count Unicode code points: what Python's `len` counts. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
