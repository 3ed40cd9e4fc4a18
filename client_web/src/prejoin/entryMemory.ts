/** How somebody entered last time on this device, to offer the same. Pure but for the storage it is given. */

import type { CaptureState } from "../media/capture";
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

/** What somebody wants who enters now: a device that is still starting, or fails this time, is wanted next time too. */
export function entryOf(microphone: CaptureState, camera: CaptureState): Wanted {
  const isUsed = microphone.track !== null || microphone.isStarting || microphone.problem !== null;
  return {
    isMicrophoneOn: isUsed ? microphone.isOn || microphone.problem !== null : null,
    isCameraOn: camera.isOn || camera.problem !== null,
  };
}

export const rememberEntry = (memory: Memory, entry: Wanted): void => memory.remember(KEY, entry);
