/** Saving a board's copy on this device, by which name. */

import type { BoardCopy } from "../shared/copies";

const MOST_CHARACTERS = 80;
/** What some file system refuses: a few signs, and what is not shown. Joiners are part of Persian words and of emoji. */
const REFUSED = /[<>:"/\\|?*]|(?![\u200c\u200d])[\p{C}\p{Z}]/gu;

/** Return a file's name that every system takes, in any script. */
export function fileName(title: string, format: BoardCopy): string {
  const plain = title.normalize("NFC").replace(REFUSED, " ").split(/ +/).join(" ");
  const short = Array.from(plain).slice(0, MOST_CHARACTERS).join("");
  return `${short.replace(/^[ .-]+|[ .-]+$/g, "") || "board"}.${format}`;
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Firefox reads the address after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
