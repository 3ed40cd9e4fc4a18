/** Saving a board's copy on this device: as what, by which name, on which paper. */

import type { Paper } from "./pdf";

export const FORMATS = ["png", "svg", "pdf"] as const;
export type Format = (typeof FORMATS)[number];

const LETTER_REGIONS = ["US", "CA", "MX", "PH", "CO", "CL"];

/** Letter where it is usual, A4 elsewhere. `languages` as the browser has them. */
export function paperFor(languages: readonly string[]): Paper {
  const region = languages[0]?.split("-").find((part) => /^[A-Z]{2}$/.test(part));
  return region !== undefined && LETTER_REGIONS.includes(region) ? "letter" : "a4";
}

/** Return a file's name that every system takes. */
export function fileName(title: string, format: Format): string {
  const plain = title.replace(/[^\p{L}\p{N}._-]+/gu, " ").trim();
  return `${plain.slice(0, 80) || "board"}.${format}`;
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Firefox reads the address after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
