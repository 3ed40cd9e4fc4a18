/** By which name a board's copy is saved on this device. */

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
