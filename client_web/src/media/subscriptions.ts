/**
 * The pictures of others that this page receives over one transport: kept in line with what the room says is there,
 * and with what of it can be seen. All new ones are asked for at the same moment, and each plays as soon as its own answer
 * has come. One that went out of sight is paused, and closed when many have gone after it.
 */

import type { types } from "mediasoup-client";
import type { Requester } from "../connection/requester";
import type { ConsumerOptions, Participant } from "../protocol/generated";
import { asProblem } from "../shared/problem";
import { type PictureSource, pictureId, type View } from "./picture";

/** What to ask of a track. `maxLayer` is `null` for sound. */
interface Wish {
  isPaused: boolean;
  maxLayer: number | null;
  isLarge: boolean;
}

export interface WantedTrack {
  producerId: string;
  participantId: string;
  source: PictureSource;
  /** `null` for a picture out of sight. */
  wish: Wish | null;
}

export interface ReceivedTrack {
  producerId: string;
  participantId: string;
  source: PictureSource;
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver | undefined;
  /** The line is too slow for this picture. */
  isDark: boolean;
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
/** So many pictures out of sight are only paused, because somebody who turns a page may turn back. */
const MOST_UNSEEN = 12;

/** As the server makes a consumer. */
const NEW: Wish = { isPaused: true, maxLayer: null, isLarge: false };

interface Subscription {
  wanted: WantedTrack;
  /** Aborted when nobody wants the track any more. */
  end: AbortController;
  consumer: TrackConsumer | null;
  /** What the server was told last. */
  told: Wish;
  isDark: boolean;
}

/** List the pictures that others send, and what is wanted of them. Sound comes in the audio slots. */
export function wantedTracks(participants: readonly Participant[], ownId: string, view: View): WantedTrack[] {
  return participants
    .filter((participant) => participant.participant_id !== ownId)
    .flatMap(({ participant_id, producers }) =>
      producers.flatMap(({ producer_id, source }) =>
        source === "microphone"
          ? []
          : [
              {
                producerId: producer_id,
                participantId: participant_id,
                source,
                wish: wishFor(participant_id, source, view),
              },
            ],
      ),
    );
}

function wishFor(participantId: string, source: PictureSource, { pictures, isVisible }: View): Wish | null {
  const shown = pictures.get(pictureId(participantId, source));
  return shown === undefined ? null : { ...shown, isPaused: !isVisible };
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** Those out of sight stand in the order in which they went, before all others that went later. */
  readonly #byProducer = new Map<string, Subscription>();
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  update(wanted: readonly WantedTrack[]): void {
    if (this.#isClosed) return;
    const ids = new Set(wanted.map((track) => track.producerId));
    const gone = [...this.#byProducer.values()].filter(({ wanted: { producerId } }) => !ids.has(producerId));
    for (const subscription of gone) this.#end(subscription);
    let hasChanged = gone.length > 0;
    for (const track of wanted) {
      const subscription = this.#byProducer.get(track.producerId);
      if (subscription !== undefined) hasChanged = this.#change(subscription, track) || hasChanged;
      else if (track.wish !== null) void this.#begin(track);
    }
    hasChanged = this.#endLongUnseen() || hasChanged;
    if (hasChanged) this.#report();
  }

  /** The line is too slow for a picture, or is so no longer. */
  onDark(consumerId: string, isDark: boolean): void {
    for (const subscription of this.#byProducer.values()) {
      if (subscription.consumer?.id !== consumerId) continue;
      subscription.isDark = isDark;
      this.#report();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const subscription of [...this.#byProducer.values()]) this.#end(subscription);
  }

  /** Take a new wish; return whether the picture came into sight or went out of it. */
  #change(subscription: Subscription, wanted: WantedTrack): boolean {
    const isOtherSight = (wanted.wish === null) !== (subscription.wanted.wish === null);
    subscription.wanted = wanted;
    if (isOtherSight) {
      this.#byProducer.delete(wanted.producerId);
      this.#byProducer.set(wanted.producerId, subscription);
    }
    const { consumer, end } = subscription;
    if (consumer !== null && !isSame(wishOf(subscription), subscription.told)) {
      this.#tell(subscription, consumer).catch((error) => {
        if (!end.signal.aborted) this.#onFailed(error, end.signal);
      });
    }
    return isOtherSight;
  }

  async #begin(wanted: WantedTrack): Promise<void> {
    const end = new AbortController();
    const subscription: Subscription = { wanted, end, consumer: null, told: NEW, isDark: false };
    const { signal } = end;
    this.#byProducer.set(wanted.producerId, subscription);
    try {
      const consumer = await this.#consume(wanted, signal);
      if (signal.aborted) return consumer.close();
      subscription.consumer = consumer;
      this.#report();
      if (!isSame(wishOf(subscription), NEW)) await this.#tell(subscription, consumer);
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error, signal);
    }
  }

  async #tell(subscription: Subscription, consumer: TrackConsumer): Promise<void> {
    const wish = wishOf(subscription);
    subscription.told = wish;
    await this.#options.requests.request(
      "media_consumer_update",
      {
        consumer_id: consumer.id,
        is_paused: wish.isPaused,
        max_layer: wish.maxLayer,
        is_large: wish.isLarge,
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

  #endLongUnseen(): boolean {
    const unseen = [...this.#byProducer.values()].filter(
      (s) => s.wanted.wish === null && s.consumer !== null,
    );
    const old = unseen.slice(0, Math.max(0, unseen.length - MOST_UNSEEN));
    for (const subscription of old) {
      const consumer_id = subscription.consumer?.id ?? "";
      this.#end(subscription);
      // Whatever is answered: it is gone here.
      this.#options.requests.request("media_consumer_close", { consumer_id }).catch(() => undefined);
    }
    return old.length > 0;
  }

  #end(subscription: Subscription): void {
    subscription.end.abort();
    subscription.consumer?.close();
    this.#byProducer.delete(subscription.wanted.producerId);
  }

  /** What is out of sight is not reported, lest its tile begins with a picture of long ago. */
  #report(): void {
    const tracks: ReceivedTrack[] = [];
    for (const { wanted, consumer, isDark } of this.#byProducer.values()) {
      if (consumer === null || wanted.wish === null) continue;
      const { producerId, participantId, source } = wanted;
      const { track, rtpReceiver: receiver } = consumer;
      tracks.push({ producerId, participantId, source, track, receiver, isDark });
    }
    this.#options.onChange(tracks);
  }
}

/** Out of sight, a picture is paused and else stays as it was. */
function wishOf({ wanted, told }: Subscription): Wish {
  return wanted.wish ?? { ...told, isPaused: true };
}

function isSame(a: Wish, b: Wish): boolean {
  return a.isPaused === b.isPaused && a.maxLayer === b.maxLayer && a.isLarge === b.isLarge;
}
