/**
 * One track that this page sends, microphone, camera or screen, over one transport.
 *
 * Told what should be sent, it produces, replaces, pauses and resumes until that is so. The server hears of a pause
 * after this side has already gone silent.
 */

import type { types } from "mediasoup-client";
import type { Requester } from "../connection/requester";
import type { Source } from "../protocol/generated";
import { asProblem } from "../shared/problem";
import { CAMERA_LAYERS } from "./cameraLayers";
import { Settler } from "./settle";

export interface SentTrack {
  track: MediaStreamTrack | null;
  isPaused: boolean;
}

/** The part of a mediasoup producer that is used. */
export type TrackProducer = Pick<
  types.Producer,
  "id" | "track" | "paused" | "pause" | "resume" | "close" | "closed" | "replaceTrack" | "rtpSender"
>;

export interface PublicationOptions {
  source: Source;
  requests: Pick<Requester, "request">;
  /** Produce over the transport of the day. Rejects when that cannot be. */
  produce(track: MediaStreamTrack, isPaused: boolean): Promise<TrackProducer>;
  /** Whether a muted track is worth sending: not when another tab of this person sends the same source. */
  mayProducePaused(): boolean;
  /** The room does not want it now, and the track is not tried again. Nothing is wrong with the transport. */
  onRefused(): void;
  /** Sending has failed for good; the transport is of no use. */
  onBroken(error: unknown): void;
}

/** How many layers are sent of a source. */
const LAYERS: Readonly<Record<Source, number>> = {
  microphone: 1,
  camera: CAMERA_LAYERS.length,
  screen: 1,
};

export class Publication {
  readonly #options: PublicationOptions;
  readonly #settler = new Settler(() => this.#step());
  #wanted: SentTrack = { track: null, isPaused: true };
  /** How many layers somebody looks at. */
  #layers: number;
  #producer: TrackProducer | null = null;
  /** What the server was told last. */
  #toldPaused = true;
  #sentLayers: number;
  #isClosed = false;

  constructor(options: PublicationOptions) {
    this.#options = options;
    this.#layers = this.#sentLayers = LAYERS[options.source];
  }

  get producerId(): string | null {
    return this.#producer?.id ?? null;
  }

  set(wanted: SentTrack): void {
    this.#wanted = wanted;
    // At once, whatever else is under way: who mutes is not heard.
    if (wanted.isPaused) this.#producer?.pause();
    this.#settler.kick();
  }

  /** So many layers, counted from the smallest, are worth sending: the others cost battery and bandwidth for nothing. */
  onLayersWanted(producerId: string, layers: number): void {
    if (this.#producer?.id !== producerId) return;
    this.#layers = layers;
    this.#settler.kick();
  }

  /** Look again: whether a paused track may be sent depends on the room. */
  reconsider(): void {
    this.#settler.kick();
  }

  /** The server has closed this producer: another tab sends now. Muted, it is produced anew only if it may be. */
  onReplaced(producerId: string): boolean {
    if (this.#producer?.id !== producerId) return false;
    this.#drop();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#settler.close();
    this.#drop();
  }

  async #step(): Promise<boolean> {
    const producer = this.#producer;
    try {
      return await this.#change();
    } catch (error) {
      if (this.#isClosed) return false;
      // It was about a producer that another tab has replaced meanwhile: nothing is wrong with the transport.
      if (producer !== this.#producer) return true;
      this.#options.onBroken(error);
      return false;
    }
  }

  /** Do the first thing that is not as wanted, and tell whether there was one. */
  async #change(): Promise<boolean> {
    const { track, isPaused } = this.#wanted;
    const producer = this.#producer;
    if (producer === null || producer.closed) return this.#start(track, isPaused);
    // A camera that is off stays a tile; a screen that is not shared any more is gone.
    if (this.#options.source === "screen" && isOver(track)) return this.#end(producer);
    if (producer.track !== track && track?.readyState !== "ended") {
      await producer.replaceTrack({ track });
      return true;
    }
    if (producer.paused !== isPaused) {
      if (isPaused) producer.pause();
      else producer.resume();
    }
    if (this.#toldPaused !== isPaused) {
      this.#toldPaused = isPaused;
      await this.#options.requests.request("media_producer_update", {
        producer_id: producer.id,
        is_paused: isPaused,
      });
      return true;
    }
    return this.#applyLayers(producer);
  }

  async #start(track: MediaStreamTrack | null, isPaused: boolean): Promise<boolean> {
    if (track === null || isOver(track)) return false;
    if (isPaused && !this.#options.mayProducePaused()) return false;
    const producer = await this.#produce(track, isPaused);
    if (producer === null) return this.#wanted.track !== track;
    if (this.#isClosed) {
      producer.close();
      return false;
    }
    this.#producer = producer;
    this.#toldPaused = isPaused;
    this.#layers = this.#sentLayers = LAYERS[this.#options.source];
    if (this.#wanted.isPaused) producer.pause();
    return true;
  }

  async #end(producer: TrackProducer): Promise<boolean> {
    this.#drop();
    await this.#options.requests.request("media_producer_close", { producer_id: producer.id });
    return true;
  }

  /** Return `null` when it was stopped before it could be sent, or is not wanted: no fault of the transport. */
  async #produce(track: MediaStreamTrack, isPaused: boolean): Promise<TrackProducer | null> {
    try {
      return await this.#options.produce(track, isPaused);
    } catch (error) {
      if (isOver(track)) return null;
      if (asProblem(error).code !== "too_many_screens") throw error;
      this.#options.onRefused();
      return null;
    }
  }

  async #applyLayers({ rtpSender }: TrackProducer): Promise<boolean> {
    if (this.#options.source === "microphone" || this.#sentLayers === this.#layers || !rtpSender)
      return false;
    this.#sentLayers = this.#layers;
    const parameters = rtpSender.getParameters();
    for (const [index, encoding] of parameters.encodings.entries()) encoding.active = index < this.#layers;
    await rtpSender.setParameters(parameters);
    return true;
  }

  #drop(): void {
    this.#producer?.close();
    this.#producer = null;
  }
}

function isOver(track: MediaStreamTrack | null): boolean {
  return track === null || track.readyState === "ended";
}
