/** Keyboard shortcuts: single letters, ignored while somebody types or holds a modifier. */

import { useEffect } from "react";
import type { RoomSession } from "../session/roomSession";

/** Tell whether a key is meant for what has the focus. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
      if (hasModifier || event.repeat || event.isComposing || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const action = keys[event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

export function useToggleKeys(session: RoomSession): void {
  useKeys({ m: () => session.sending.toggleMicrophone(), v: () => session.sending.toggleCamera() });
}

export function useRoomKeys(session: RoomSession): void {
  useKeys({
    m: () => session.sending.toggleMicrophone(),
    v: () => session.sending.toggleCamera(),
    d: () => session.sending.toggleScreen(),
    c: () => session.toggleChat(),
    b: () => session.toggleBoard(),
    n: () => session.toggleNotes(),
  });
}
