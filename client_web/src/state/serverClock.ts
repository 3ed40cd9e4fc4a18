/** The server's time, as far as a page can tell: what it said last, and what has passed here since. */

export class ServerClock {
  readonly #elapsed: () => number;
  #said: number;
  #saidAt: number;

  /** `elapsed` in ms from any beginning; it must not jump when somebody sets the device's clock. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
    this.#said = Date.now();
    this.#saidAt = elapsed();
  }

  /** The server has just said what time it is. */
  onTold(now: number): void {
    this.#said = now;
    this.#saidAt = this.#elapsed();
  }

  /** In ms since 1970. Until the server has said anything it is the device's. */
  now(): number {
    return Math.round(this.#said + this.#elapsed() - this.#saidAt);
  }
}
