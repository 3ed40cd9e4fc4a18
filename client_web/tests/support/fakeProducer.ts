/** As far as it matters, mediasoup-client's producer. */

import type { FakeTrack } from "./fakeMedia";

export class FakeProducer {
  closed = false;
  /** Which layers were active, each time that this was set. */
  active: boolean[][] = [];
  readonly id: string;
  track: FakeTrack | null;
  paused: boolean;

  constructor(id: string, track: FakeTrack, paused: boolean) {
    this.id = id;
    this.track = track;
    this.paused = paused;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    this.closed = true;
  }

  async replaceTrack({ track }: { track: FakeTrack | null }): Promise<void> {
    if (track?.readyState === "ended") throw new Error("track ended");
    this.track = track;
  }

  readonly rtpSender = {
    getParameters: () => ({ encodings: [{}, {}, {}] }),
    setParameters: async ({ encodings }: { encodings: { active?: boolean }[] }) => {
      this.active.push(encodings.map(({ active }) => active ?? true));
    },
  };
}
