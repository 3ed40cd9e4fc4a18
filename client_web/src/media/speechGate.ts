/** Decide from a level that goes up and down many times a second whether somebody speaks. Pure. */

/** Levels are amplitudes: 0 silence, 1 full scale, as `RTCRtpSynchronizationSource.audioLevel`. */
const SPEECH_STARTS = 0.02;
const SPEECH_GOES_ON = 0.008;
/** Pauses between words are not the end of speech. */
const HOLD_MS = 500;

export class SpeechGate {
  #lastLoudAt = Number.NEGATIVE_INFINITY;
  #isSpeaking = false;

  /** Take in the level at `now` (ms), and tell whether they speak. */
  update(level: number, now: number): boolean {
    if (level >= (this.#isSpeaking ? SPEECH_GOES_ON : SPEECH_STARTS)) {
      this.#lastLoudAt = now;
      this.#isSpeaking = true;
    } else if (now - this.#lastLoudAt > HOLD_MS) {
      this.#isSpeaking = false;
    }
    return this.#isSpeaking;
  }
}

/** Map an amplitude to the length of a meter, 0 to 1: evenly in decibels, as ears hear, from -54 dB up. */
export function meterLength(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / 54));
}
