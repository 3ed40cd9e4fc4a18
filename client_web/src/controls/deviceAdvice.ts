/** What to do about a device that does not start, in the words of this browser and of the buttons at hand. */

import type { TFunction } from "i18next";
import type { CaptureKind } from "../media/capture";
import type { MediaProblem } from "../media/mediaProblem";
import { browserFamily } from "../shared/browserFamily";

/** `retryBy`: the button that tries once more, "Try again", "Test again" or the switch of that device. */
export function deviceAdvice(
  t: TFunction,
  problem: MediaProblem,
  retryBy: "button" | "test" | CaptureKind,
): string {
  const again = { again: t(`device.again.${retryBy}`) };
  return problem === "denied"
    ? t(`device.advice.denied.${browserFamily()}`, again)
    : t(`device.advice.${problem}`, again);
}
