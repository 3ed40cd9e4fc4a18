/** Who of the others speaks, read from what the browser plays anyway: no request, no server. */

import { SpeechGate } from "./speechGate";
import type { ReceivedTrack } from "./subscriptions";

const POLL_MS = 100;
/** A source that has sent nothing for so long is silent, whatever its last level was. */
const STALE_MS = 400;

export class SpeakingMonitor {
  readonly #onChange: (speaking: ReadonlySet<string>) => void;
  readonly #gates = new Map<string, SpeechGate>();
  readonly #newest = new WeakMap<RTCRtpReceiver, { timestamp: number; at: number }>();
  #tracks: readonly ReceivedTrack[] = [];
  #speaking: ReadonlySet<string> = new Set();
  readonly #timer: ReturnType<typeof setInterval>;

  /** `onChange` is told the ids of the participants who speak, whenever these change. */
  constructor(onChange: (speaking: ReadonlySet<string>) => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  listenTo(tracks: readonly ReceivedTrack[]): void {
    this.#tracks = tracks.filter((track) => track.source === "microphone");
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    const now = performance.now();
    const speaking = new Set<string>();
    for (const { participantId, receiver } of this.#tracks) {
      const gate = this.#gates.get(participantId) ?? new SpeechGate();
      this.#gates.set(participantId, gate);
      if (gate.update(this.#levelOf(receiver, now), now)) speaking.add(participantId);
    }
    if (isSameSet(speaking, this.#speaking)) return;
    this.#speaking = speaking;
    this.#onChange(speaking);
  }

  /** Browsers disagree on the clock of `timestamp`, so that only its standing still is looked at. */
  #levelOf(receiver: RTCRtpReceiver | undefined, now: number): number {
    const newest = receiver?.getSynchronizationSources()[0];
    if (receiver === undefined || newest === undefined) return 0;
    const seen = this.#newest.get(receiver);
    if (seen?.timestamp !== newest.timestamp) {
      this.#newest.set(receiver, { timestamp: newest.timestamp, at: now });
    } else if (now - seen.at > STALE_MS) return 0;
    return newest.audioLevel ?? 0;
  }
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
