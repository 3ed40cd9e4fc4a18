/**
 * How long to wait before trying again: doubling from `firstMs` up to `mostMs`, of which a random half to whole is
 * taken, so that pages that lost the server at the same moment do not all come back at the same moment.
 *
 * `attempt` counts from 0; `random` is in [0, 1).
 */
export function backoffMs(attempt: number, firstMs = 400, mostMs = 8_000, random = Math.random()): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + random / 2));
}
