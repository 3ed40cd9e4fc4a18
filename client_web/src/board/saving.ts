/** Saving a board's copy on this device, by which name. */

import type { BoardCopy } from "../shared/copies";

/** Return a file's name that every system takes. */
export function fileName(title: string, format: BoardCopy): string {
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
