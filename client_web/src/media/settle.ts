/**
 * Bring something slow in line with a wish that may change at any time: steps run one after the other, each taken
 * from the newest wish, so that rapid toggling ends in the state last asked for.
 */
export class Settler {
  readonly #step: () => Promise<boolean>;
  #isRunning = false;
  #isDirty = false;
  #isClosed = false;

  /** `step` does one thing that is not as wished yet, and tells whether there was one. It does not throw. */
  constructor(step: () => Promise<boolean>) {
    this.#step = step;
  }

  /** The wish has changed, or may have. */
  kick(): void {
    this.#isDirty = true;
    if (!this.#isRunning) void this.#run();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isDirty && !this.#isClosed) {
      this.#isDirty = false;
      while (!this.#isClosed && (await this.#step())) {
        // The next step is taken from the wish as it is then.
      }
    }
    this.#isRunning = false;
  }
}
