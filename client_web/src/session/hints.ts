/** Short things to tell the person, seen and heard: what happened to their devices, who came and went. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { CaptureKind } from "../media/capture";
import type { MediaProblem } from "../media/mediaProblem";
import type { Source } from "../protocol/generated";

export type Hint =
  | { code: "replaced"; kind: Source }
  | { code: "switched"; kind: CaptureKind; label: string }
  | { code: "device_failed"; kind: CaptureKind; problem: MediaProblem }
  | { code: "no_webrtc" | "too_many_screens" | "screen_failed" };

export type Announcement =
  | { code: "microphone_on" | "microphone_off" | "camera_on" | "camera_off" | "chat_open" | "chat_closed" }
  | { code: "screen_on" | "screen_off" }
  | { code: "shares"; name: string }
  | { code: "joined" | "left"; name: string }
  | { code: "message"; name: string; text: string };

export interface HintsState {
  /** Shown until dismissed or `HINT_MS` old; the newest stands last. */
  shown: readonly { id: number; hint: Hint }[];
  /** Read out by screen readers, not shown. */
  spoken: { id: number; announcement: Announcement } | null;
}

export const HINT_MS = 9_000;
const MOST_HINTS = 2;

export class Hints {
  readonly store: StoreApi<HintsState> = createStore(() => ({ shown: [], spoken: null }));
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #lastId = 0;

  show(hint: Hint): void {
    const id = ++this.#lastId;
    const others = this.store.getState().shown.filter((s) => !isSame(s.hint, hint));
    this.store.setState({ shown: [...others, { id, hint }].slice(-MOST_HINTS) });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.dismiss(id);
    }, HINT_MS);
    this.#timers.add(timer);
  }

  dismiss(id: number): void {
    this.store.setState(({ shown }) => ({ shown: shown.filter((s) => s.id !== id) }));
  }

  announce(announcement: Announcement): void {
    this.store.setState({ spoken: { id: ++this.#lastId, announcement } });
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

function isSame(a: Hint, b: Hint): boolean {
  return a.code === b.code && ("kind" in a ? a.kind : null) === ("kind" in b ? b.kind : null);
}
