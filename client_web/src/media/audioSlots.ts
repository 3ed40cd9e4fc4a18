/**
 * The room's audio slots over one transport: a few streams for the life of the transport, whoever speaks in them. The
 * server puts there whom one should hear, so that sound never waits for a message.
 */

import type { Requester } from "../connection/requester";
import type { ConsumerOptions } from "../protocol/generated";
import { asProblem } from "../shared/problem";
import type { TrackConsumer } from "./subscriptions";

/** One slot's sound; its place in the list is its number. */
export interface SlotTrack {
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver | undefined;
}

export interface AudioSlotsOptions {
  requests: Pick<Requester, "request">;
  transportId(): Promise<string>;
  consume(options: ConsumerOptions): Promise<TrackConsumer>;
  onTracks(tracks: readonly SlotTrack[]): void;
  /** Receiving has failed for good; the transport is of no use. */
  onBroken(error: unknown): void;
}

export class AudioSlots {
  readonly #options: AudioSlotsOptions;
  readonly #end = new AbortController();
  #consumers: readonly TrackConsumer[] = [];

  constructor(options: AudioSlotsOptions) {
    this.#options = options;
    this.#begin().catch((error) => this.#onFailed(error));
  }

  close(): void {
    this.#end.abort();
    for (const consumer of this.#consumers) consumer.close();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#end;
    const transport_id = await this.#options.transportId();
    const { consumers } = await this.#options.requests.request(
      "media_audio_slots",
      { transport_id },
      { signal },
    );
    this.#consumers = await Promise.all(consumers.map((consumer) => this.#options.consume(consumer)));
    if (signal.aborted) return this.close();
    this.#options.onTracks(
      this.#consumers.map(({ track, rtpReceiver }) => ({ track, receiver: rtpReceiver })),
    );
  }

  #onFailed(error: unknown): void {
    // A browser that cannot play sound still shows pictures; asking again does not help.
    if (this.#end.signal.aborted || asProblem(error).code === "cannot_consume") return;
    this.#options.onBroken(error);
  }
}
