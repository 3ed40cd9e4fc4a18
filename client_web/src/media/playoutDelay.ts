/**
 * How long pictures and sound wait before they are played, so that lost packets can be sent again meanwhile. A browser
 * reckons with the round trip of its own line only, and where it sends nothing not even with that; but a packet may
 * have been lost on the way from who sent it. Pure.
 */

/** Counters of one stream, as `RTCInboundRtpStreamStats`; those of the other kind are 0. */
export interface StreamStats {
  kind: "audio" | "video";
  framesDecoded: number;
  framesDropped: number;
  freezeCount: number;
  nackCount: number;
  concealedSamples: number;
  silentConcealedSamples: number;
  totalSamplesReceived: number;
}

/** In ms. People who wait longer for each other talk at the same time, so sound waits less than pictures. */
const DELAYS = {
  audio: [300, 450, 600],
  video: [500, 800],
} as const;
/**
 * So long without a stall, it may be too much. For pictures, twice as long each time that less turned out to be too
 * little: nobody talks over them.
 */
const CALM_MS = 20_000;
const MAX_CALM_MS = { audio: CALM_MS, video: 80_000 } as const;
/** So many requests between two looks are no accident. */
const LOSSY_NACKS = 2;
const STALLED_DROPS = 2;
/** Of the sound that was played: made up, which is heard as a robot's voice. */
const BROKEN_SHARE = 0.03;

export class PlayoutDelay {
  /** Index into the delays; -1 for the browser's own choice. */
  #step = -1;
  #last: StreamStats | null = null;
  #calmSince = 0;
  #calmMs = CALM_MS;
  /** Since which it is less; `null` when it was raised since. */
  #loweredAt: number | null = null;

  /** Take in the counters at `now` (ms), about once a second; return the delay in ms, `null` for the browser's own. */
  update(stats: StreamStats, now: number): number | null {
    const last = this.#last;
    const delays = DELAYS[stats.kind];
    this.#last = stats;
    if (last === null) return null;
    if (stats.kind === "audio" ? isBroken(last, stats) : isStalled(last, stats)) {
      if (this.#loweredAt !== null) {
        const isTooLittle = now - this.#loweredAt < this.#calmMs;
        this.#calmMs = isTooLittle ? Math.min(2 * this.#calmMs, MAX_CALM_MS[stats.kind]) : CALM_MS;
      }
      this.#loweredAt = null;
      this.#step = Math.min(this.#step + 1, delays.length - 1);
      this.#calmSince = now;
    } else if (this.#step >= 0 && now - this.#calmSince >= this.#calmMs) {
      this.#step--;
      this.#calmSince = this.#loweredAt = now;
    }
    return delays[this.#step] ?? null;
  }
}

/** Waiting helps a picture only that stalls for want of packets. */
function isStalled(last: StreamStats, stats: StreamStats): boolean {
  return (
    stats.nackCount - last.nackCount >= LOSSY_NACKS &&
    (stats.freezeCount > last.freezeCount ||
      stats.framesDropped - last.framesDropped >= STALLED_DROPS ||
      stats.framesDecoded === last.framesDecoded)
  );
}

/** What is made up while nobody speaks is not heard. */
function isBroken(last: StreamStats, stats: StreamStats): boolean {
  const madeUp = stats.concealedSamples - stats.silentConcealedSamples;
  const madeUpBefore = last.concealedSamples - last.silentConcealedSamples;
  const played = stats.totalSamplesReceived - last.totalSamplesReceived;
  return madeUp - madeUpBefore > BROKEN_SHARE * played;
}
