/** What floats over the notes: at most one thing at a time. The editor's parts open it, the views draw it. */

import { createStore } from "zustand/vanilla";

export interface Person {
  personId: string;
  name: string;
  /** In the room just now. */
  isHere: boolean;
}

export interface MentionQuery {
  from: number;
  to: number;
  /** What is written behind the "@". */
  text: string;
}

export type Popup =
  | { kind: "task"; itemId: string }
  | { kind: "link" }
  | { kind: "mention"; query: MentionQuery; found: readonly Person[]; chosen: number };

export interface PopupState {
  popup: Popup | null;
}

export const createPopups = () => createStore<PopupState>(() => ({ popup: null }));
export type Popups = ReturnType<typeof createPopups>;
