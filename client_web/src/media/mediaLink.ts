/**
 * One pair of WebRTC transports to the media worker, with what is sent and received over them. It lives until it
 * breaks or the worker is replaced; then `MediaSession` makes another.
 */

import type { types } from "mediasoup-client";
import type { Requester } from "../connection/requester";
import type { ConsumerOptions, MediaTransportCreated, RtpCapabilities, Source } from "../protocol/generated";
import { AudioSlots, type SlotTrack } from "./audioSlots";
import { CAMERA_LAYERS } from "./cameraLayers";
import { iceTransportPolicy } from "./icePolicy";
import { PathKeeper } from "./pathKeeper";
import { Publication, type SentTrack, type TrackProducer } from "./publication";
import { SCREEN_ENCODING } from "./screenEncoding";
import { type ReceivedTrack, Subscriptions, type TrackConsumer, type WantedTrack } from "./subscriptions";

export interface MediaLinkOptions {
  device: types.Device;
  requests: Requester;
  /** Which sources this role may send. */
  canSend: boolean;
  mayProducePaused(source: Source): boolean;
  onRefused(source: Source): void;
  onTracks(tracks: readonly ReceivedTrack[]): void;
  onSlots(slots: readonly SlotTrack[]): void;
  /** The server has made its side of both transports. */
  onReady(): void;
  /** Nothing has come for a moment: the network may have changed. */
  onDoubt(): void;
  /** Packets get through one way, or do not just now. */
  onReach(direction: Direction, isOpen: boolean): void;
  onBroken(error: unknown): void;
}

export type Direction = "send" | "recv";

interface IceRestart {
  sinceMs: number;
  /** Gives it up. */
  timer: ReturnType<typeof setTimeout>;
  hasHelped: boolean;
}

const SOURCES: readonly Source[] = ["microphone", "camera", "screen"];
/** In kbit/s: else the first seconds of every picture are a blur. */
const VP8 = { videoGoogleStartBitrate: 700 };
/** A short silence is no reason yet: Chromium says so after some 5 s without an answer. */
const DISCONNECTED_MS = 500;
/** A restart that has not helped by then does not help. */
const RESTART_MS = 6_000;
/** A radio that comes and goes must not make us restart all the time. */
const BETWEEN_RESTARTS_MS = 2_500;
const OPUS = {
  opusDtx: true,
  opusFec: true,
  opusNack: true,
  opusStereo: false,
  opusMaxAverageBitrate: 32_000,
};
const SENDING: Readonly<Record<Source, Pick<types.ProducerOptions, "encodings" | "codecOptions">>> = {
  microphone: { codecOptions: OPUS },
  camera: { encodings: [...CAMERA_LAYERS], codecOptions: VP8 },
  screen: { encodings: [SCREEN_ENCODING], codecOptions: VP8 },
};

export class MediaLink {
  readonly #options: MediaLinkOptions;
  readonly #end = new AbortController();
  readonly #transports = new Map<Direction, Promise<types.Transport>>();
  readonly #states = new Map<Direction, types.ConnectionState>();
  /** The last restart of ICE: `null` while it is asked for. */
  readonly #restarts = new Map<Direction, IceRestart | null>();
  readonly #publications = new Map<Source, Publication>();
  readonly #subscriptions: Subscriptions;
  readonly #slots: AudioSlots;
  readonly #path: PathKeeper<Direction>;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
    this.#open("recv");
    const receiving = {
      requests: options.requests,
      transportId: async () => (await this.#transport("recv")).id,
      consume: (consumer: ConsumerOptions) => this.#consume(consumer),
      onBroken: (error: unknown) => this.#break(error),
    };
    this.#slots = new AudioSlots({ ...receiving, onTracks: options.onSlots });
    this.#subscriptions = new Subscriptions({ ...receiving, onChange: options.onTracks });
    if (options.canSend) this.#prepareToSend();
    this.#path = new PathKeeper({
      look: () => this.#look(),
      onDoubt: options.onDoubt,
      onSilence: () => this.#onSilence(),
      onHeard: (directions) => this.#onHeard(directions),
    });
    Promise.all(this.#transports.values()).then(
      () => this.#end.signal.aborted || options.onReady(),
      () => undefined, // #open has told already
    );
  }

  send(source: Source, sent: SentTrack): void {
    this.#publications.get(source)?.set(sent);
  }

  onLayersWanted(producerId: string, layers: number): void {
    for (const publication of this.#publications.values()) publication.onLayersWanted(producerId, layers);
  }

  onConsumerDark(consumerId: string, isDark: boolean): void {
    this.#subscriptions.onDark(consumerId, isDark);
  }

  receive(wanted: readonly WantedTrack[]): void {
    this.#subscriptions.update(wanted);
    for (const publication of this.#publications.values()) publication.reconsider();
  }

  producerId(source: Source): string | null {
    return this.#publications.get(source)?.producerId ?? null;
  }

  /** Return the source of a producer that another tab has replaced, or `null` when it is not one of this link. */
  onReplaced(producerId: string): Source | null {
    for (const [source, publication] of this.#publications) {
      if (publication.onReplaced(producerId)) return source;
    }
    return null;
  }

  /** Look for another way at once: the network is another, or nothing comes over it any more. */
  findWay(): void {
    for (const direction of this.#states.keys()) void this.#restartIce(direction);
  }

  /** Look for another way at once, if packets are known not to get through just now. */
  mend(): void {
    for (const [direction, state] of this.#states) {
      if (state === "disconnected" || state === "failed") void this.#restartIce(direction);
    }
  }

  async ownsTransport(transportId: string): Promise<boolean> {
    const transports = await Promise.allSettled(this.#transports.values());
    return transports.some((result) => result.status === "fulfilled" && result.value.id === transportId);
  }

  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.#path.close();
    this.#slots.close();
    this.#subscriptions.close();
    for (const publication of this.#publications.values()) publication.close();
    for (const opening of this.#transports.values()) {
      opening.then((transport) => transport.close()).catch(() => undefined);
    }
  }

  #prepareToSend(): void {
    // Opened now, so that the first unmute costs no extra round trip.
    this.#open("send");
    for (const source of SOURCES) {
      const publication = new Publication({
        source,
        requests: this.#options.requests,
        produce: (track, isPaused) => this.#produce(source, track, isPaused),
        mayProducePaused: () => this.#options.mayProducePaused(source),
        onRefused: () => this.#options.onRefused(source),
        onBroken: (error) => this.#break(error),
      });
      this.#publications.set(source, publication);
    }
  }

  #open(direction: Direction): void {
    const opening = this.#create(direction);
    this.#transports.set(direction, opening);
    opening.catch((error) => this.#break(error));
  }

  #transport(direction: Direction): Promise<types.Transport> {
    return this.#transports.get(direction) ?? Promise.reject(new Error(`nothing to ${direction} over`));
  }

  async #create(direction: Direction): Promise<types.Transport> {
    const { device, requests } = this.#options;
    const { signal } = this.#end;
    const { transport: remote }: MediaTransportCreated = await requests.request(
      "media_transport_create",
      direction === "send"
        ? { direction }
        : { direction, rtp_capabilities: device.recvRtpCapabilities as RtpCapabilities },
      { signal },
    );
    const options = { ...remote, iceTransportPolicy: iceTransportPolicy() } as types.TransportOptions;
    const transport =
      direction === "send" ? device.createSendTransport(options) : device.createRecvTransport(options);
    if (signal.aborted) transport.close();
    transport.on("connect", ({ dtlsParameters }, callback) => {
      // Not awaited: it is at the server before the first packet over UDP is.
      callback();
      requests
        .request(
          "media_transport_connect",
          { transport_id: remote.id, dtls_parameters: dtlsParameters as never },
          { signal },
        )
        .catch((error) => this.#break(error));
    });
    transport.on("produce", ({ rtpParameters, appData }, callback, errback) => {
      const { source, isPaused } = appData as { source: Source; isPaused: boolean };
      requests
        .request(
          "media_produce",
          { transport_id: remote.id, source, rtp_parameters: rtpParameters as never, is_paused: isPaused },
          { signal },
        )
        .then(({ producer_id }) => callback({ id: producer_id }), errback);
    });
    transport.on("connectionstatechange", (state) => this.#onState(direction, state));
    return transport;
  }

  async #look(): Promise<Map<Direction, RTCStatsReport>> {
    const connected = [...this.#transports].filter(
      ([direction]) => this.#states.get(direction) === "connected",
    );
    const reports = connected.map(
      async ([direction, opening]) => [direction, await (await opening).getStats()] as const,
    );
    return new Map(await Promise.all(reports));
  }

  #onState(direction: Direction, state: types.ConnectionState): void {
    this.#states.set(direction, state);
    if (state !== "new" && state !== "closed") this.#options.onReach(direction, state === "connected");
    if (state === "disconnected") setTimeout(() => this.#restartIfStill(direction), DISCONNECTED_MS);
    else if (state === "failed") void this.#restartIce(direction);
  }

  #onSilence(): void {
    for (const [direction, state] of this.#states) {
      if (state === "connected") this.#options.onReach(direction, false);
    }
    this.findWay();
  }

  /** A restart has helped: when the way closes again, the next one need not wait long. */
  #onHeard(directions: readonly Direction[]): void {
    for (const direction of directions) {
      this.#options.onReach(direction, true);
      const restart = this.#restarts.get(direction);
      if (!restart) continue;
      clearTimeout(restart.timer);
      restart.hasHelped = true;
    }
  }

  #mayRestart(direction: Direction): boolean {
    const restart = this.#restarts.get(direction);
    if (restart === undefined) return true;
    return restart?.hasHelped === true && performance.now() - restart.sinceMs >= BETWEEN_RESTARTS_MS;
  }

  #restartIfStill(direction: Direction): void {
    if (this.#states.get(direction) === "disconnected") void this.#restartIce(direction);
  }

  /** Another network, or a way that has closed: the transport goes on over another pair of addresses. */
  async #restartIce(direction: Direction): Promise<void> {
    const { signal } = this.#end;
    if (!this.#mayRestart(direction) || signal.aborted) return;
    this.#restarts.set(direction, null);
    try {
      const transport = await this.#transport(direction);
      const { ice_parameters, ice_servers } = await this.#options.requests.request(
        "media_ice_restart",
        { transport_id: transport.id },
        { signal },
      );
      await transport.updateIceServers({ iceServers: ice_servers as RTCIceServer[] });
      await transport.restartIce({ iceParameters: ice_parameters as types.IceParameters });
      const timer = setTimeout(() => this.#giveUpUnlessConnected(direction), RESTART_MS);
      this.#restarts.set(direction, { sinceMs: performance.now(), timer, hasHelped: false });
    } catch (error) {
      this.#restarts.delete(direction);
      this.#break(error);
    }
  }

  #giveUpUnlessConnected(direction: Direction): void {
    this.#restarts.delete(direction);
    // Also when it is still looking: some browsers do for half a minute, and a new link has long been there by then.
    if (this.#states.get(direction) !== "connected") this.#break(new Error(`${direction} transport failed`));
  }

  async #produce(source: Source, track: MediaStreamTrack, isPaused: boolean): Promise<TrackProducer> {
    const transport = await this.#transport("send");
    return transport.produce({
      track,
      stopTracks: false,
      appData: { source, isPaused },
      // A copy: mediasoup-client writes into it.
      ...structuredClone(SENDING[source]),
    });
  }

  async #consume(options: ConsumerOptions): Promise<TrackConsumer> {
    const transport = await this.#transport("recv");
    const { id, producerId, kind, rtpParameters } = options;
    return transport.consume({ id, producerId, kind, rtpParameters: rtpParameters as types.RtpParameters });
  }

  #break(error: unknown): void {
    if (!this.#end.signal.aborted) this.#options.onBroken(error);
  }
}
