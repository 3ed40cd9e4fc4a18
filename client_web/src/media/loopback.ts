/**
 * One way to the media server, tried out: a small moving picture goes there and has to come back, as it would in a
 * meeting, with every other way shut.
 */

import type { types } from "mediasoup-client";
import type { Fields } from "../connection/requester";
import type {
  IceCandidate,
  IceServer,
  RequestName,
  Requests,
  RtpCapabilities,
  TransportOptions,
} from "../protocol/generated";
import { loadDevice } from "./loadDevice";

/** Over UDP or TCP straight to the media server, or through the TURN server. */
export type Way = "udp" | "tcp" | "relay";

export interface MediaPath {
  roundTripMs: number | null;
  /** Of this side: host, srflx, prflx or relay. */
  candidateType: string;
  /** How this device speaks to the media server, or to the relay: udp, tcp or tls. */
  protocol: string;
  /** Where the packets go, the media server's or the relay's own address being public knowledge. */
  remote: string;
}

export type WayResult =
  | { kind: "works"; path: MediaPath }
  | { kind: "blocked"; state: string }
  | { kind: "not_offered" };

export interface LoopbackOptions {
  way: Way;
  capabilities: RtpCapabilities;
  ask<N extends RequestName>(name: N, fields: Fields<N>): Promise<Requests[N]["reply"]>;
  /** What the server offers for this way: who has to open something wants to know it. Told for each direction. */
  onOffer(offer: readonly string[], relays: readonly IceServer[]): void;
  signal: AbortSignal;
}

const TIMEOUT_MS = 8_000;
const LOOK_EVERY_MS = 150;
/** Fewer may be leftovers of a path that is just breaking. */
const ENOUGH_PACKETS = 5;
const BITS_PER_S = 200_000;

/** Throws `Problem` when the test itself cannot be made. */
export async function tryWay(options: LoopbackOptions): Promise<WayResult> {
  const device = await loadDevice(options.capabilities);
  const loop = new Loopback(device, options);
  try {
    return await loop.run();
  } finally {
    loop.close();
  }
}

class Loopback {
  readonly #device: types.Device;
  readonly #options: LoopbackOptions;
  readonly #transports: types.Transport[] = [];
  readonly #picture = new MovingPicture();
  #failure: unknown = null;

  constructor(device: types.Device, options: LoopbackOptions) {
    this.#device = device;
    this.#options = options;
  }

  async run(): Promise<WayResult> {
    const { ask } = this.#options;
    const sending = await this.#open("send");
    const receiving = sending && (await this.#open("recv"));
    if (sending === null || receiving === null) return { kind: "not_offered" };
    const producer = await sending.produce({
      track: this.#picture.track,
      encodings: [{ maxBitrate: BITS_PER_S }],
    });
    const { consumer } = await ask("media_consume", {
      transport_id: receiving.id,
      producer_id: producer.id,
    });
    const received = await receiving.consume(consumer as types.ConsumerOptions);
    await ask("media_consumer_update", { consumer_id: consumer.id, is_paused: false });
    return this.#watch(sending, received);
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
    this.#picture.close();
  }

  async #watch(sending: types.Transport, received: types.Consumer): Promise<WayResult> {
    const until = performance.now() + TIMEOUT_MS;
    while (performance.now() < until) {
      this.#options.signal.throwIfAborted();
      if (this.#failure !== null) throw this.#failure;
      if (this.#transports.some((transport) => transport.connectionState === "failed")) break;
      if ((await packetsOf(received)) >= ENOUGH_PACKETS) {
        return { kind: "works", path: pathOf(await sending.getStats()) };
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return { kind: "blocked", state: sending.connectionState };
  }

  /** Return `null` where the server does not offer this way. */
  async #open(direction: "send" | "recv"): Promise<types.Transport | null> {
    const { ask, way, onOffer } = this.#options;
    const { transport: remote } = await ask(
      "media_transport_create",
      direction === "send"
        ? { direction }
        : { direction, rtp_capabilities: this.#device.recvRtpCapabilities as RtpCapabilities },
    );
    const offer = offerOf(way, remote);
    onOffer(offer, remote.iceServers ?? []);
    if (offer.length === 0) return null;
    const options = onlyWay(way, remote) as types.TransportOptions;
    const transport =
      direction === "send"
        ? this.#device.createSendTransport(options)
        : this.#device.createRecvTransport(options);
    this.#transports.push(transport);
    transport.on("connect", ({ dtlsParameters }, callback) => {
      callback();
      ask("media_transport_connect", {
        transport_id: remote.id,
        dtls_parameters: dtlsParameters as never,
      }).catch((error) => {
        this.#failure = error;
      });
    });
    transport.on("produce", ({ rtpParameters }, callback, errback) => {
      ask("media_produce", {
        transport_id: remote.id,
        source: "camera",
        rtp_parameters: rtpParameters as never,
      }).then(({ producer_id }) => callback({ id: producer_id }), errback);
    });
    return transport;
  }
}

/** Leave only one way open. A relay is given UDP addresses: that is how it speaks to the media server. */
export function onlyWay(way: Way, remote: TransportOptions): TransportOptions & RTCConfiguration {
  const protocol = way === "tcp" ? "tcp" : "udp";
  return {
    ...remote,
    iceCandidates: remote.iceCandidates.filter((candidate) => candidate.protocol === protocol),
    iceServers: way === "relay" ? (remote.iceServers ?? []) : [],
    iceTransportPolicy: way === "relay" ? "relay" : "all",
  };
}

/** Say what a transport offers for a way: addresses of the media server, or of TURN servers. */
export function offerOf(way: Way, remote: TransportOptions): string[] {
  if (way === "relay") return (remote.iceServers ?? []).flatMap((server) => server.urls);
  return remote.iceCandidates.filter((candidate) => candidate.protocol === way).map(addressOf);
}

const addressOf = ({ ip, port }: IceCandidate) => hostAndPort(ip, port);
const hostAndPort = (host: string, port: number) =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

async function packetsOf(consumer: types.Consumer): Promise<number> {
  for (const report of (await consumer.getStats()).values()) {
    if (report.type === "inbound-rtp") return report.packetsReceived ?? 0;
  }
  return 0;
}

/** Read from WebRTC's own figures which way the packets take. */
export function pathOf(stats: RTCStatsReport): MediaPath {
  const reports = [...stats.values()];
  const selected = reports.find((report) => report.type === "transport")?.selectedCandidatePairId;
  const pair = reports.find((report) => report.type === "candidate-pair" && isSelected(report, selected));
  const local = reports.find((report) => report.id === pair?.localCandidateId);
  const remote = reports.find((report) => report.id === pair?.remoteCandidateId);
  const seconds = pair?.currentRoundTripTime;
  return {
    roundTripMs: typeof seconds === "number" ? Math.round(seconds * 1_000) : null,
    candidateType: local?.candidateType ?? "",
    protocol: local?.relayProtocol ?? local?.protocol ?? "",
    remote: remote?.address ? hostAndPort(remote.address, remote.port) : "",
  };
}

/** Firefox has no transport report, and marks the pair itself. */
function isSelected(pair: { id: string; selected?: boolean; nominated?: boolean }, id?: string): boolean {
  return id === undefined ? pair.selected === true || pair.nominated === true : pair.id === id;
}

/** Something to send that needs no camera. */
class MovingPicture {
  readonly track: MediaStreamTrack;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 180];
    const context = canvas.getContext("2d");
    let step = 0;
    const draw = () => {
      if (context === null) return;
      context.fillStyle = `hsl(${(step * 7) % 360} 60% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.fillStyle = "white";
      context.fillRect((step * 11) % canvas.width, 40, 60, 100);
      step++;
    };
    draw();
    this.track = canvas.captureStream(20).getVideoTracks()[0] as MediaStreamTrack;
    this.#timer = setInterval(draw, 50);
  }

  close(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}
