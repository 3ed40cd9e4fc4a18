/** Runs a connection test from the first question to the last result; the page shows its store. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { ConnectionTest } from "../connection/connectionTest";
import { measureSpeed } from "../connection/lineSpeed";
import type { Capture } from "../media/capture";
import { LevelMeter } from "../media/levelMeter";
import { LocalMedia } from "../media/localMedia";
import { tryWay, type Way } from "../media/loopback";
import { probeRelays, type RelayOutcome } from "../media/relayProbe";
import { asProblem, type Problem } from "../shared/problem";
import { onThisDevice } from "../shared/storage";
import { type DeviceResult, NO_RESULTS, type Offers, type Results } from "./results";

export type Step = "devices" | Way | "speed";

export interface CheckState {
  /** Counts the tests. */
  run: number;
  phase: "idle" | "running" | "done" | "failed";
  /** What is being tried just now. */
  step: Step | null;
  results: Results;
  offers: Offers;
  mediaPorts: readonly number[];
  /** Why the test itself could not be made. */
  problem: Problem | null;
  finishedAt: Date | null;
}

const IDLE: CheckState = {
  run: 0,
  phase: "idle",
  step: null,
  results: NO_RESULTS,
  offers: { udp: [], tcp: [], relay: [] },
  mediaPorts: [],
  problem: null,
  finishedAt: null,
};

const WAYS: readonly Way[] = ["udp", "tcp", "relay"];
const LISTEN_EVERY_MS = 100;

export class ConnectionCheck {
  readonly store: StoreApi<CheckState> = createStore(() => IDLE);
  #end = new AbortController();

  /** Try everything, one after the other. Never rejects. */
  async run(): Promise<void> {
    this.#end.abort();
    const end = new AbortController();
    this.#end = end;
    const { signal } = end;
    const set = (change: Partial<CheckState>) => signal.aborted || this.store.setState(change);
    const found = (results: Partial<Results>) =>
      set({ results: { ...this.store.getState().results, ...results } });
    set({ ...IDLE, run: this.store.getState().run + 1, phase: "running", step: "devices" });
    const devices = new Devices();
    let test: ConnectionTest | null = null;
    try {
      found(await devices.start());
      test = await ConnectionTest.open(signal);
      set({ mediaPorts: test.opened.media_ports });
      for (const way of WAYS) {
        set({ step: way });
        found(await this.#try(way, test, signal));
      }
      set({ step: "speed" });
      found({ speed: await measure(test, signal) });
      found({ microphone: devices.microphone() });
      set({ phase: "done", finishedAt: new Date() });
    } catch (error) {
      set({ phase: "failed", problem: asProblem(error), finishedAt: new Date() });
    } finally {
      set({ step: null });
      devices.close();
      test?.end().catch(() => undefined); // it ends by itself soon
    }
  }

  /** The person has, or has not, heard the test sound. */
  setHeard(speaker: boolean): void {
    this.store.setState(({ results }) => ({ results: { ...results, speaker } }));
  }

  close(): void {
    this.#end.abort();
  }

  async #try(way: Way, test: ConnectionTest, signal: AbortSignal): Promise<Partial<Results>> {
    const probing: Promise<readonly RelayOutcome[]>[] = [];
    const result = await tryWay({
      way,
      capabilities: test.opened.media.router_rtp_capabilities,
      ask: (name, fields) => test.ask(name, fields, signal),
      onOffer: (offer, relays) => {
        this.store.setState(({ offers }) => ({ offers: { ...offers, [way]: offer } }));
        if (way === "relay" && probing.length === 0) probing.push(probeRelays(relays, signal));
      },
      signal,
    });
    if (way !== "relay") return { [way]: result };
    return { relay: result, relays: (await Promise.all(probing)).flat() };
  }
}

async function measure(test: ConnectionTest, signal: AbortSignal) {
  const down = await measureSpeed((size, limit) => test.download(size, limit), signal);
  const up = await measureSpeed((size, limit) => test.upload(size, limit), signal);
  return { down, up };
}

/** Camera and microphone, open while the rest is tried, so that one can listen whether anything is to be heard. */
class Devices {
  readonly #local = new LocalMedia({
    devices: navigator.mediaDevices,
    permissions: navigator.permissions,
    memory: onThisDevice(),
    onSwitched: () => undefined,
  });
  #meter: LevelMeter | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #peak = 0;

  async start(): Promise<Pick<Results, "microphone" | "camera">> {
    await this.#local.start({ isMicrophoneOn: true, isCameraOn: true });
    const { source } = this.#local.microphone.state;
    if (source !== null) {
      const meter = new LevelMeter(source);
      this.#meter = meter;
      this.#timer = setInterval(() => {
        this.#peak = Math.max(this.#peak, meter.level());
      }, LISTEN_EVERY_MS);
    }
    return {
      microphone: resultOf(this.#local.microphone, false),
      camera: resultOf(this.#local.camera, false),
    };
  }

  /** Now that one has listened for a while: a microphone with a switch of its own is silent to the last bit. */
  microphone(): DeviceResult {
    return resultOf(this.#local.microphone, this.#peak === 0);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#meter?.close();
    this.#local.close();
  }
}

function resultOf({ state }: Capture, isSilent: boolean): DeviceResult {
  if (state.track === null) return { kind: "problem", problem: state.problem ?? "unknown" };
  return { kind: "works", label: state.track.label, isSilent };
}
