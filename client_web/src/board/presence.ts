/** Where the others point and what the presenter sees: what a page tells of itself, and how it reads what others tell. */

import type { Awareness } from "y-protocols/awareness";
import type { Later } from "./binding";
import { identifier, number, text } from "./fields";
import { type Bounds, readBounds } from "./viewport";

export interface Pointer {
  x: number;
  y: number;
  tool: "pointer" | "laser";
  isDown: boolean;
}

export interface Other {
  clientId: number;
  participantId: string;
  personId: string;
  name: string;
  pointer: Pointer | null;
  view: Bounds | null;
  deed: Deed | null;
}

/** What somebody has just done with all of a page, which the others are told. */
export interface Deed {
  /** Tells it from what they do next. */
  id: string;
  kind: "cleared" | "broughtBack";
}

/** About 15 times a second: what moves looks fluid, and a room full of cursors stays cheap. */
export const TELL_MS = 66;
/** So long everybody who has the page open may learn what was done, after a line that was lost for a moment, too. */
export const DEED_MS = 15_000;
/** So often one is told of what the same person has done: nobody can cover what all others are told. */
export const DEED_EACH_MS = 5_000;
const MOST_NAME = 80;
/** Of more, nobody would find one's own. */
const MOST_OTHERS = 100;

/** Tells the others where this page's pointer is and, while it presents, what it sees. */
export class Presence {
  readonly #awareness: Awareness;
  readonly #later: Later;
  #pointer: Pointer | null = null;
  #view: Bounds | null = null;
  #deed: Deed | null = null;
  #cancelDeed: (() => void) | null = null;
  #isSilent = true;
  /** What was told last: the same is not told twice. */
  #told: string | null = null;
  #cancel: (() => void) | null = null;

  constructor(awareness: Awareness, later: Later) {
    this.#awareness = awareness;
    this.#later = later;
  }

  /** A page that may only look is not seen on the board. */
  setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    this.#tell();
  }

  point(pointer: Pointer | null): void {
    this.#pointer = pointer;
    this.#tellSoon();
  }

  /** Null: does not present. */
  show(view: Bounds | null): void {
    if (view === null && this.#view === null) return;
    this.#view = view;
    this.#tellSoon();
  }

  /** Tell the others what one has done. */
  tell(deed: Deed): void {
    this.#cancelDeed?.();
    this.#deed = deed;
    this.#tellSoon();
    this.#cancelDeed = this.#later(() => {
      this.#deed = null;
      this.#tellSoon();
    }, DEED_MS);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#cancelDeed?.();
    this.#cancelDeed = null;
    this.#deed = null;
    this.#told = null;
    this.#awareness.setLocalState(null);
  }

  #tellSoon(): void {
    if (this.#isSilent) return;
    this.#cancel ??= this.#later(() => {
      this.#cancel = null;
      this.#tell();
    }, TELL_MS);
  }

  #tell(): void {
    if (this.#isSilent) {
      this.#told = null;
      if (this.#awareness.getLocalState() !== null) this.#awareness.setLocalState(null);
      return;
    }
    const state = {
      pointer: this.#pointer && {
        x: Math.round(this.#pointer.x),
        y: Math.round(this.#pointer.y),
        tool: this.#pointer.tool,
        is_down: this.#pointer.isDown,
      },
      view: this.#view?.map(Math.round) ?? null,
      deed: this.#deed,
    };
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.#awareness.setLocalState(state);
  }
}

/** What the others have done, each thing once. */
export class Deeds {
  readonly #heard: Set<string | undefined>;
  /** By person: when they were heard of last. */
  readonly #heardAt = new Map<string, number>();

  /** What is told already is nothing new. */
  constructor(present: readonly Other[]) {
    this.#heard = new Set(present.map(({ deed }) => deed?.id));
  }

  /** Return what is new. What somebody does again at once is so later, while they tell it. */
  news(present: readonly Other[], now: number): { deed: Deed; name: string }[] {
    const news: { deed: Deed; name: string }[] = [];
    for (const { deed, name, personId } of present) {
      if (deed === null || this.#heard.has(deed.id)) continue;
      if (now - (this.#heardAt.get(personId) ?? -DEED_EACH_MS) < DEED_EACH_MS) continue;
      this.#heard.add(deed.id);
      this.#heardAt.set(personId, now);
      news.push({ deed, name });
    }
    return news;
  }
}

/** Return who else is on the board. What is not sound is left out. */
export function others(awareness: Awareness): Other[] {
  const found: Other[] = [];
  for (const [clientId, state] of awareness.getStates()) {
    if (clientId === awareness.clientID) continue;
    const other = readOther(clientId, state);
    if (other !== null) found.push(other);
    if (found.length === MOST_OTHERS) break;
  }
  return found;
}

/** Return who presents, once they tell what they see. */
export function presenterIn(awareness: Awareness, presenterId: string | null): Other | null {
  for (const [clientId, state] of awareness.getStates()) {
    const other = presenterId === null ? null : readOther(clientId, state);
    if (other?.participantId === presenterId && other.view !== null) return other;
  }
  return null;
}

/** Who it is says the server, in `user`; where they are, their page. */
function readOther(clientId: number, state: Record<string, unknown>): Other | null {
  if (typeof state.user !== "object" || state.user === null) return null;
  const user = state.user as Record<string, unknown>;
  const [participantId, personId] = [identifier(user.participantId), identifier(user.personId)];
  const name = text(MOST_NAME)(user.name);
  if (participantId === undefined || personId === undefined || name === undefined) return null;
  return {
    clientId,
    participantId,
    personId,
    name,
    pointer: readPointer(state.pointer),
    view: readBounds(state.view),
    deed: readDeed(state.deed),
  };
}

function readDeed(value: unknown): Deed | null {
  if (typeof value !== "object" || value === null) return null;
  const { id: rawId, kind } = value as Record<string, unknown>;
  const id = identifier(rawId);
  if (id === undefined || (kind !== "cleared" && kind !== "broughtBack")) return null;
  return { id, kind };
}

const place = number(-10_000_000, 10_000_000);

function readPointer(value: unknown): Pointer | null {
  if (typeof value !== "object" || value === null) return null;
  const { x: rawX, y: rawY, tool, is_down: isDown } = value as Record<string, unknown>;
  const [x, y] = [place(rawX), place(rawY)];
  if (x === undefined || y === undefined) return null;
  return { x, y, tool: tool === "laser" ? "laser" : "pointer", isDown: isDown === true };
}
