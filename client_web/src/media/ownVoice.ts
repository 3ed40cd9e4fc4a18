/** Whether this person speaks: for the ring around their own tile, and to tell them that they are muted. */

import { LevelMeter } from "./levelMeter";
import { SpeechGate } from "./speechGate";

const POLL_MS = 100;
/** A cough is not talking. */
const TALK_MS = 900;

export interface Voice {
  isSpeaking: boolean;
  isTalkingMuted: boolean;
}

export class OwnVoice {
  readonly #onChange: (voice: Voice) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #gate = new SpeechGate();
  #track: MediaStreamTrack | null = null;
  #meter: LevelMeter | null = null;
  #isMuted = true;
  #speakingSince: number | null = null;
  #last: Voice = { isSpeaking: false, isTalkingMuted: false };

  constructor(onChange: (voice: Voice) => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  listenTo(track: MediaStreamTrack | null, isMuted: boolean): void {
    this.#isMuted = isMuted;
    if (track === this.#track) return;
    this.#track = track;
    this.#meter?.close();
    this.#meter = track === null ? null : new LevelMeter(track);
    this.#gate = new SpeechGate();
  }

  close(): void {
    clearInterval(this.#timer);
    this.listenTo(null, true);
  }

  #poll(): void {
    const now = performance.now();
    const isTalking = this.#gate.update(this.#meter?.level() ?? 0, now);
    this.#speakingSince = isTalking ? (this.#speakingSince ?? now) : null;
    const hasTalked = this.#speakingSince !== null && now - this.#speakingSince > TALK_MS;
    const voice = { isSpeaking: isTalking && !this.#isMuted, isTalkingMuted: hasTalked && this.#isMuted };
    const isSame =
      voice.isSpeaking === this.#last.isSpeaking && voice.isTalkingMuted === this.#last.isTalkingMuted;
    if (isSame) return;
    this.#last = voice;
    this.#onChange(voice);
  }
}
