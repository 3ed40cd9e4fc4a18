/**
 * Whether sound and pictures get through at all. A way that is lost is looked for anew within seconds, over transports made
 * anew if need be; only when that has not helped for a while is there something to tell.
 */

/** Another network takes some 2 s. */
export const BLOCKED_MS = 6_000;

export class Reach<Way> {
  readonly #onBlocked: (isBlocked: boolean) => void;
  readonly #lost = new Set<Way>();
  /** Lost over transports that are no more, and not found since. */
  #isStillLost = false;
  #isBlocked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onBlocked: (isBlocked: boolean) => void) {
    this.#onBlocked = onBlocked;
  }

  onOpen(way: Way): void {
    this.#lost.delete(way);
    this.#isStillLost = false;
    this.#follow();
  }

  onLost(way: Way): void {
    this.#lost.add(way);
    this.#follow();
  }

  /** The transports are made anew: what was lost is looked for over others. */
  renew(): void {
    this.#isStillLost ||= this.#lost.size > 0;
    this.#lost.clear();
  }

  /** There is nothing to reach just now. */
  forget(): void {
    this.#lost.clear();
    this.#isStillLost = false;
    this.#follow();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #follow(): void {
    if (this.#lost.size > 0 || this.#isStillLost) {
      this.#timer ??= setTimeout(() => this.#tell(true), BLOCKED_MS);
    } else {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#tell(false);
    }
  }

  #tell(isBlocked: boolean): void {
    if (isBlocked === this.#isBlocked) return;
    this.#isBlocked = isBlocked;
    this.#onBlocked(isBlocked);
  }
}
