/** Whether a reload of this tab comes back into the room directly, and with what switched on. */

import type { Memory } from "../shared/storage";

export interface Visit {
  /** Whose it is: in the same tab, somebody else may have opened their link since. */
  personId: string;
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  isChatOpen: boolean;
}

/** Longer ago, somebody opens the page anew rather than reloads it. */
export const VISIT_MS = 10 * 60_000;

export class VisitMemory {
  readonly #memory: Memory;
  readonly #key: string;
  readonly #now: () => number;

  constructor(memory: Memory, slug: string, now: () => number = Date.now) {
    this.#memory = memory;
    this.#key = `visit.${slug}`;
    this.#now = now;
  }

  /** Return the visit that a reload interrupted, or `null`. */
  recall(): Visit | null {
    const stored = this.#memory.recall(this.#key);
    if (typeof stored !== "object" || stored === null) return null;
    const { at, personId, isMicrophoneOn, isCameraOn, isChatOpen } = stored as Partial<
      Visit & { at: number }
    >;
    const age = typeof at === "number" ? this.#now() - at : Number.POSITIVE_INFINITY;
    if (age < 0 || age > VISIT_MS || typeof personId !== "string") return null;
    return {
      personId,
      isMicrophoneOn: isMicrophoneOn === true,
      isCameraOn: isCameraOn === true,
      isChatOpen: isChatOpen === true,
    };
  }

  remember(visit: Visit): void {
    this.#memory.remember(this.#key, { ...visit, at: this.#now() });
  }

  /** Left on purpose. */
  forget(): void {
    this.#memory.forget(this.#key);
  }
}
