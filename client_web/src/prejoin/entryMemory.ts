/** How somebody entered last time on this device, to offer the same. Pure but for the storage it is given. */

import type { Wanted } from "../media/localMedia";
import type { Memory } from "../shared/storage";

const KEY = "entry";
const FIRST_TIME: Wanted = { isMicrophoneOn: true, isCameraOn: true };

export function recallEntry(memory: Memory): Wanted {
  const stored = memory.recall(KEY);
  if (typeof stored !== "object" || stored === null) return FIRST_TIME;
  const { isMicrophoneOn, isCameraOn } = stored as Partial<Wanted>;
  return {
    isMicrophoneOn: isMicrophoneOn === null ? null : isMicrophoneOn !== false,
    isCameraOn: isCameraOn !== false,
  };
}

export const rememberEntry = (memory: Memory, entry: Wanted): void => memory.remember(KEY, entry);
