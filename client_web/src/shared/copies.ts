/** What a page of the board, or notes, can be taken along as. */

import { paperFor } from "./paper";

/** What is asked for most comes first. */
export const COPIES = { board: ["pdf", "png", "svg"], notes: ["pdf", "html", "md"] } as const;
export type BoardCopy = (typeof COPIES.board)[number];
export type NotesCopy = (typeof COPIES.notes)[number];

/** Return what a file of notes is to be asked for with. `heldOn` is their day, as people write it. */
export function copyQuery(language: string, heldOn: string): URLSearchParams {
  return new URLSearchParams({ language, held_on: heldOn, paper: paperFor(navigator.languages) });
}
