/** Keeps the playout delay of all that is received at what its line needs, as long as the page is in the meeting. */

import { PlayoutDelay } from "./playoutDelay";
import type { ReceivedTrack } from "./subscriptions";

const LOOK_MS = 1_000;

/** Not in TypeScript's library yet; https://www.w3.org/TR/webrtc-extensions/#rtcrtpreceiver-jitterbuffertarget */
type BufferingReceiver = RTCRtpReceiver & { jitterBufferTarget?: number | null };

export class PlayoutKeeper {
  readonly #delays = new Map<BufferingReceiver, PlayoutDelay>();
  readonly #timer = setInterval(() => void this.#look(), LOOK_MS);

  watch(tracks: readonly Pick<ReceivedTrack, "receiver">[]): void {
    const receivers = new Set(tracks.map(({ receiver }) => receiver));
    for (const receiver of this.#delays.keys()) {
      if (!receivers.has(receiver)) this.#delays.delete(receiver);
    }
    for (const receiver of receivers) {
      if (receiver !== undefined && "jitterBufferTarget" in receiver && !this.#delays.has(receiver)) {
        this.#delays.set(receiver, new PlayoutDelay());
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delays.clear();
  }

  /** A receiver that is closed meanwhile has nothing to say. */
  async #look(): Promise<void> {
    await Promise.allSettled([...this.#delays].map(([receiver, delay]) => adjust(receiver, delay)));
  }
}

const NOTHING = {
  framesDecoded: 0,
  framesDropped: 0,
  freezeCount: 0,
  nackCount: 0,
  concealedSamples: 0,
  silentConcealedSamples: 0,
  totalSamplesReceived: 0,
};

async function adjust(receiver: BufferingReceiver, delay: PlayoutDelay): Promise<void> {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    receiver.jitterBufferTarget = delay.update({ ...NOTHING, ...report }, performance.now());
  }
}
