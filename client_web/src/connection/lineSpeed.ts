/** How fast a line is: larger and larger transfers, until one takes long enough to be believed. */

const SIZES = [64, 256, 1_024, 4_096, 8_192].map((kib) => kib * 1_024);
/** By then neither the round trip nor the line's slow start says much any more. */
const ENOUGH_MS = 700;
const LIMIT_MS = 5_000;

/** Move so many bytes; rejects when `signal` says that time is up. */
export type Transfer = (size: number, signal: AbortSignal) => Promise<void>;

/** Return Mbit/s, or `null` when not even the smallest transfer came to its end in time. */
export async function measureSpeed(transfer: Transfer, end: AbortSignal): Promise<number | null> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = AbortSignal.any([limit, end]);
  let speed: number | null = null;
  for (const size of SIZES) {
    const from = performance.now();
    try {
      await transfer(size, signal);
    } catch (error) {
      if (limit.aborted) break;
      throw error;
    }
    const ms = performance.now() - from;
    speed = (size * 8) / 1_000 / ms;
    if (ms >= ENOUGH_MS) break;
  }
  return speed;
}
