/** Looks all the time whether anything arrives from the media worker, and says once when it does not, or does again. */

import { LOOK_MS, type PathState, PathWatch, receivedOver } from "./pathWatch";

export interface PathKeeperOptions {
  /** Statistics of each transport that is connected. */
  look(): Promise<readonly RTCStatsReport[]>;
  onDoubt(): void;
  onSilence(): void;
  onHeard(): void;
}

export class PathKeeper {
  readonly #options: PathKeeperOptions;
  readonly #watch = new PathWatch();
  readonly #timer = setInterval(() => void this.#look(), LOOK_MS);
  #state: PathState = "open";
  #isClosed = false;

  constructor(options: PathKeeperOptions) {
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // A transport that is closed meanwhile has nothing to say.
    const reports = await this.#options.look().catch(() => []);
    if (this.#isClosed) return;
    const received = reports.reduce((sum, report) => sum + receivedOver(report.values()), 0);
    const before = this.#state;
    this.#state = this.#watch.update(reports.length > 0 ? received : null, performance.now());
    if (this.#state === before) return;
    if (this.#state === "doubtful") this.#options.onDoubt();
    else if (this.#state === "silent") this.#options.onSilence();
    else this.#options.onHeard();
  }
}
