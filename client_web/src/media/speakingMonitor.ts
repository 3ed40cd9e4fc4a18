/**
 * Who of the others speaks: the server tells who is in which audio slot, what the browser plays of it tells when they
 * are heard here.
 */

import type { SlotTrack } from "./audioSlots";
import { SpeechGate } from "./speechGate";

const POLL_MS = 100;
/** A source that has sent nothing for so long is silent, whatever its last level was. */
const STALE_MS = 400;

/** As the server tells it, by participant id. */
export interface Heard {
  /** Who is in which audio slot. */
  slots: readonly (string | null)[];
  /** Who talks, the most important first; more than are heard, when many talk at once. */
  talking: readonly string[];
}

export class SpeakingMonitor {
  readonly #onChange: (speaking: ReadonlySet<string>) => void;
  readonly #gates: { participantId: string | null; gate: SpeechGate }[] = [];
  readonly #newest = new WeakMap<RTCRtpReceiver, { timestamp: number; at: number }>();
  #tracks: readonly SlotTrack[] = [];
  #heard: Heard = { slots: [], talking: [] };
  #speaking: ReadonlySet<string> = new Set();
  readonly #timer: ReturnType<typeof setInterval>;

  /** `onChange` is told the ids of the participants who speak, whenever these change. */
  constructor(onChange: (speaking: ReadonlySet<string>) => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  listenTo(tracks: readonly SlotTrack[]): void {
    this.#tracks = tracks;
  }

  follow(heard: Heard): void {
    this.#heard = heard;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    const now = performance.now();
    const { slots, talking } = this.#heard;
    // Who talks and is in no slot is not heard just now; their own tile is the only place that says that they talk.
    const speaking = new Set(talking.filter((id) => !slots.includes(id)));
    for (const [slot, { receiver }] of this.#tracks.entries()) {
      const participantId = slots[slot] ?? null;
      const isLoud = this.#gateOf(slot, participantId).update(this.#levelOf(receiver, now), now);
      if (isLoud && participantId !== null && talking.includes(participantId)) speaking.add(participantId);
    }
    if (isSameSet(speaking, this.#speaking)) return;
    this.#speaking = speaking;
    this.#onChange(speaking);
  }

  /** A slot's next speaker does not inherit the last one's voice. */
  #gateOf(slot: number, participantId: string | null): SpeechGate {
    let entry = this.#gates[slot];
    if (entry?.participantId !== participantId) {
      entry = { participantId, gate: new SpeechGate() };
      this.#gates[slot] = entry;
    }
    return entry.gate;
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
