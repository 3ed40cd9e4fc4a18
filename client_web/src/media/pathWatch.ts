/**
 * Tells early that the way to the media worker has closed, by what arrives. The worker sends something over every
 * transport each second; the browser itself asks every 2.5 s only (RFC 7675), and needs 5 s to be sure. Pure.
 */

/** `doubtful`: nothing came for longer than usual. `silent`: nothing comes any more. */
export type PathState = "open" | "doubtful" | "silent";

/** How often to look, in ms. */
export const LOOK_MS = 500;
/** In whole looks, with some leeway for timers that are late or early. */
const DOUBTFUL_MS = 2 * LOOK_MS - 100;
const SILENT_MS = 3 * LOOK_MS - 100;

export class PathWatch {
  #received: number | null = null;
  #heardAt = 0;

  /** Take in how much has been received until `now` (ms), over all ways together; `null` while there is none. */
  update(received: number | null, now: number): PathState {
    // Less than before: the browser has forgotten a pair.
    if (received === null || this.#received === null || received > this.#received) this.#heardAt = now;
    this.#received = received;
    const silentMs = now - this.#heardAt;
    if (silentMs >= SILENT_MS) return "silent";
    return silentMs >= DOUBTFUL_MS ? "doubtful" : "open";
  }
}

/** Count what has come over all pairs of addresses of a connection: media in bytes, and answers to checks. */
export function receivedOver(stats: Iterable<RTCStats>): number {
  let received = 0;
  for (const stat of stats) {
    if (stat.type !== "candidate-pair") continue;
    const { bytesReceived = 0, responsesReceived = 0 } = stat as RTCIceCandidatePairStats;
    received += bytesReceived + responsesReceived;
  }
  return received;
}
