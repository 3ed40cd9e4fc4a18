/** Looks all the time what arrives from the media worker, and says when nothing does. */

import { LOOK_MS, type PathState, PathWatch, receivedOver } from "./pathWatch";

export interface PathKeeperOptions<Way> {
  /** Statistics of each transport that is connected. */
  look(): Promise<ReadonlyMap<Way, RTCStatsReport>>;
  /** Once for each silence. */
  onDoubt(): void;
  /** At every look, as long as it lasts. */
  onSilence(): void;
  /** At every look, of the transports over which something has come. */
  onHeard(ways: readonly Way[]): void;
}

export class PathKeeper<Way> {
  readonly #options: PathKeeperOptions<Way>;
  readonly #watch = new PathWatch<Way>();
  readonly #timer = setInterval(() => void this.#look(), LOOK_MS);
  #state: PathState = "open";
  #isClosed = false;

  constructor(options: PathKeeperOptions<Way>) {
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // A transport that is closed meanwhile has nothing to say.
    const reports = await this.#options.look().catch(() => new Map<Way, RTCStatsReport>());
    if (this.#isClosed) return;
    const received = new Map([...reports].map(([way, report]) => [way, receivedOver(report.values())]));
    const before = this.#state;
    const { state, heard } = this.#watch.update(received, performance.now());
    this.#state = state;
    if (heard.length > 0) this.#options.onHeard(heard);
    if (state === "doubtful" && before === "open") this.#options.onDoubt();
    else if (state === "silent") this.#options.onSilence();
  }
}
