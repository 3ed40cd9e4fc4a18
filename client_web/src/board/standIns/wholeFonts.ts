/** In place of what cuts fonts down to the letters used: an exported picture carries the whole files, some 30 kB each. */

export const Commands = { Subset: "SUBSET" } as const;

/** Return a font's file as an address that an SVG can carry. */
export async function subsetToBase64(file: ArrayBuffer): Promise<string> {
  return toBase64(file);
}

export async function toBase64(file: ArrayBuffer): Promise<string> {
  // Function arguments are limited in number, and a font has more bytes.
  let binary = "";
  for (const byte of new Uint8Array(file)) binary += String.fromCharCode(byte);
  return `data:font/woff2;base64,${btoa(binary)}`;
}
