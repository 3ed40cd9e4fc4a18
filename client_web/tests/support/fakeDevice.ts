/** As far as it matters, mediasoup-client's device and transports, without WebRTC. */

import type { types } from "mediasoup-client";
import { FakeTrack } from "./fakeMedia";
import { FakeProducer } from "./fakeProducer";

type Listener = (...argumentList: never[]) => void;

export class FakeTransport {
  closed = false;
  readonly id: string;
  readonly consumed: { id: string; producerId: string; closed: boolean }[] = [];
  readonly #listeners = new Map<string, Listener>();
  #isConnected = false;

  constructor(id: string) {
    this.id = id;
  }

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener);
  }

  emit(name: string, ...values: unknown[]): void {
    this.#listeners.get(name)?.(...(values as never[]));
  }

  async produce({ track, appData }: { track: FakeTrack; appData: { isPaused: boolean } }): Promise<unknown> {
    this.#connect();
    const { id } = await new Promise<{ id: string }>((resolve, reject) => {
      this.emit("produce", { kind: track.kind, rtpParameters: {}, appData }, resolve, reject);
    });
    return new FakeProducer(id, track, appData.isPaused);
  }

  async consume({ id, producerId, kind }: { id: string; producerId: string; kind: "audio" | "video" }) {
    this.#connect();
    const consumer = {
      id,
      producerId,
      closed: false,
      close: () => {
        consumer.closed = true;
      },
    };
    this.consumed.push(consumer);
    return Object.assign(consumer, { track: new FakeTrack(kind), rtpReceiver: undefined });
  }

  close(): void {
    this.closed = true;
  }

  #connect(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.emit(
      "connect",
      { dtlsParameters: { fingerprints: [] } },
      () => undefined,
      () => undefined,
    );
  }
}

export class FakeDevice {
  readonly recvRtpCapabilities = {};
  readonly transports: FakeTransport[] = [];

  readonly createSendTransport = (options: { id: string }): FakeTransport => this.#create(options.id);
  readonly createRecvTransport = (options: { id: string }): FakeTransport => this.#create(options.id);

  get open(): FakeTransport[] {
    return this.transports.filter((transport) => !transport.closed);
  }

  get asDevice(): types.Device {
    return this as unknown as types.Device;
  }

  #create(id: string): FakeTransport {
    const transport = new FakeTransport(id);
    this.transports.push(transport);
    return transport;
  }
}
