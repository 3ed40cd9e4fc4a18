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

export class PathWatch<Way> {
  #received = new Map<Way, number>();
  #heardAt = 0;

  /** Take in how much has been received until `now` (ms), by way; return over which something has come since. */
  update(received: ReadonlyMap<Way, number>, now: number): { state: PathState; heard: Way[] } {
    const before = this.#received;
    // Less than before: the browser has forgotten a pair of addresses.
    const heard = [...received]
      .filter(([way, count]) => count > (before.get(way) ?? Infinity))
      .map(([way]) => way);
    const isNew = [...received.keys()].some((way) => !before.has(way));
    if (heard.length > 0 || isNew || received.size === 0) this.#heardAt = now;
    this.#received = new Map(received);
    const silentMs = now - this.#heardAt;
    return { state: silentMs >= SILENT_MS ? "silent" : silentMs >= DOUBTFUL_MS ? "doubtful" : "open", heard };
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
