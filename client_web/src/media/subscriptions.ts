/**
 * The tracks of others that this page receives over one transport: kept in line with what the room says is there.
 * All new ones are asked for at the same moment, and each plays as soon as its own answer has come.
 */

import type { types } from "mediasoup-client";
import type { Requester } from "../connection/requester";
import type { ConsumerOptions, Participant, Source } from "../protocol/generated";
import { asProblem } from "../shared/problem";
import { CAMERA_LAYERS } from "./cameraLayers";

export interface WantedTrack {
  producerId: string;
  participantId: string;
  source: Source;
}

export interface ReceivedTrack extends WantedTrack {
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver | undefined;
}

/** What of the others' pictures can be seen just now. */
export interface View {
  /** The largest layer that a tile has a use for. */
  maxLayer: number;
  /** False while the page is hidden: sound goes on. */
  isVisible: boolean;
}

export type TrackConsumer = Pick<types.Consumer, "id" | "track" | "rtpReceiver" | "close">;

export interface SubscriptionsOptions {
  requests: Pick<Requester, "request">;
  transportId(): Promise<string>;
  consume(options: ConsumerOptions): Promise<TrackConsumer>;
  onChange(tracks: readonly ReceivedTrack[]): void;
  /** Receiving has failed for good; the transport is of no use. */
  onBroken(error: unknown): void;
}

/** An event that explains a failed request has arrived by then. */
const EVENT_DELAY_MS = 1_500;

interface Subscription {
  wanted: WantedTrack;
  /** Aborted when nobody wants the track any more. */
  end: AbortController;
  consumer: TrackConsumer | null;
  /** What the server was told last. */
  told: View | null;
}

const ALL: View = { maxLayer: CAMERA_LAYERS.length - 1, isVisible: true };

/** List what is to be received: everything that others send. */
export function wantedTracks(participants: readonly Participant[], ownId: string): WantedTrack[] {
  return participants
    .filter((participant) => participant.participant_id !== ownId)
    .flatMap(({ participant_id, producers }) =>
      producers.map(({ producer_id, source }) => ({
        producerId: producer_id,
        participantId: participant_id,
        source,
      })),
    );
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #byProducer = new Map<string, Subscription>();
  #view = ALL;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  update(wanted: readonly WantedTrack[]): void {
    if (this.#isClosed) return;
    const ids = new Set(wanted.map((track) => track.producerId));
    const gone = [...this.#byProducer.values()].filter(({ wanted: { producerId } }) => !ids.has(producerId));
    for (const subscription of gone) this.#end(subscription);
    for (const track of wanted) {
      if (!this.#byProducer.has(track.producerId)) void this.#begin(track);
    }
    if (gone.length > 0) this.#report();
  }

  setView(view: View): void {
    this.#view = view;
    for (const subscription of this.#byProducer.values()) {
      const { wanted, consumer, told } = subscription;
      const isSame = told?.maxLayer === view.maxLayer && told.isVisible === view.isVisible;
      if (wanted.source === "microphone" || consumer === null || told === null || isSame) continue;
      this.#tell(subscription, consumer).catch((error) => {
        if (!subscription.end.signal.aborted) this.#onFailed(error, subscription.end.signal);
      });
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const subscription of [...this.#byProducer.values()]) this.#end(subscription);
  }

  async #begin(wanted: WantedTrack): Promise<void> {
    const subscription: Subscription = { wanted, end: new AbortController(), consumer: null, told: null };
    const { signal } = subscription.end;
    this.#byProducer.set(wanted.producerId, subscription);
    try {
      const consumer = await this.#consume(wanted, signal);
      if (signal.aborted) return consumer.close();
      subscription.consumer = consumer;
      this.#report();
      await this.#tell(subscription, consumer);
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error, signal);
    }
  }

  async #tell(subscription: Subscription, consumer: TrackConsumer): Promise<void> {
    const { maxLayer, isVisible } = this.#view;
    subscription.told = this.#view;
    const isPicture = subscription.wanted.source !== "microphone";
    await this.#options.requests.request(
      "media_consumer_update",
      {
        consumer_id: consumer.id,
        is_paused: isPicture && !isVisible,
        max_layer: isPicture ? maxLayer : null,
      },
      { signal: subscription.end.signal },
    );
  }

  async #consume(wanted: WantedTrack, signal: AbortSignal): Promise<TrackConsumer> {
    const transport_id = await this.#options.transportId();
    const { consumer } = await this.#options.requests.request(
      "media_consume",
      { transport_id, producer_id: wanted.producerId },
      { signal },
    );
    return this.#options.consume(consumer);
  }

  #onFailed(error: unknown, signal: AbortSignal): void {
    const { code } = asProblem(error);
    // This browser cannot play it, and asking again does not help.
    if (code === "cannot_consume") return;
    if (code !== "not_found") return this.#options.onBroken(error);
    // Gone meanwhile, as the room's next event will say. Else it is our transport that the server does not know.
    setTimeout(() => signal.aborted || this.#options.onBroken(error), EVENT_DELAY_MS);
  }

  #end(subscription: Subscription): void {
    subscription.end.abort();
    subscription.consumer?.close();
    this.#byProducer.delete(subscription.wanted.producerId);
  }

  #report(): void {
    const tracks: ReceivedTrack[] = [];
    for (const { wanted, consumer } of this.#byProducer.values()) {
      if (consumer) tracks.push({ ...wanted, track: consumer.track, receiver: consumer.rtpReceiver });
    }
    this.#options.onChange(tracks);
  }
}
