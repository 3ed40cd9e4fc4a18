/**
 * One input of this computer, microphone or camera: opened, switched on and off, changed, lost and found again.
 *
 * Off means for a microphone that its track is silent, so that it is back within a syllable; for a camera that it is
 * stopped, so that its light goes out.
 */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { Memory } from "../shared/storage";
import { asDeviceOption, type DeviceOption, pickDevice } from "./deviceChoice";
import { type MediaProblem, mediaProblemOf, problemWithoutDevices } from "./mediaProblem";

export type CaptureKind = "microphone" | "camera";

export interface CaptureState {
  /** What the person wants: unmuted, camera on. */
  isOn: boolean;
  isStarting: boolean;
  /** As it comes from the device, never silenced; for the meter, and to notice talking while muted. */
  source: MediaStreamTrack | null;
  /** What is sent, and shown as preview. */
  track: MediaStreamTrack | null;
  problem: MediaProblem | null;
  deviceId: string | null;
}

/** Tells the person that their device went away and another took its place. */
export type OnSwitched = (kind: CaptureKind, label: string) => void;

const OFF: CaptureState = {
  isOn: false,
  isStarting: false,
  source: null,
  track: null,
  problem: null,
  deviceId: null,
};

const CONSTRAINTS: Readonly<Record<CaptureKind, MediaTrackConstraints>> = {
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  camera: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 25, max: 30 } },
};

export class Capture {
  readonly kind: CaptureKind;
  readonly store: StoreApi<CaptureState> = createStore(() => OFF);
  readonly #devices: MediaDevices | undefined;
  readonly #memory: Memory;
  readonly #onSwitched: OnSwitched;
  /** Names the newest wish; what an earlier one brings is thrown away. */
  #wish = 0;

  constructor(kind: CaptureKind, devices: MediaDevices | undefined, memory: Memory, onSwitched: OnSwitched) {
    this.kind = kind;
    this.#devices = devices;
    this.#memory = memory;
    this.#onSwitched = onSwitched;
  }

  get state(): CaptureState {
    return this.store.getState();
  }

  /**
   * What to ask `getUserMedia` for. A remembered device is demanded, as Chromium takes no notice of a mere wish; when
   * it is not there any more, asking again without it is up to the caller.
   */
  constraints(deviceId: string | null = this.#remembered()?.deviceId ?? null): MediaTrackConstraints {
    const base = CONSTRAINTS[this.kind];
    return deviceId === null ? base : { ...base, deviceId: { exact: deviceId } };
  }

  /** Switch on. Resolves when it is, or when a problem says why not. */
  async turnOn(): Promise<void> {
    const { track } = this.state;
    this.#set({ isOn: true });
    if (track === null || track.readyState === "ended") await this.#open(this.constraints());
    else this.#applyOn();
  }

  turnOff(): void {
    this.#set({ isOn: false });
    if (this.kind === "camera") this.release();
    else this.#applyOn();
  }

  /** Open the device without switching it on. */
  async hold(): Promise<void> {
    if (this.state.track === null) await this.#open(this.constraints());
  }

  /** Give the device back: nothing is captured any more. */
  release(): void {
    this.#wish++;
    this.#stopTracks();
    this.#set({ isOn: false, isStarting: false, source: null, track: null });
  }

  /** Take a track that was asked for together with another device's. */
  adopt(source: MediaStreamTrack): void {
    this.#wish++;
    this.#take(source);
  }

  /** Tell that it could not be had, and why. */
  fail(problem: MediaProblem): void {
    this.#wish++;
    this.#stopTracks();
    this.#set({ isOn: false, isStarting: false, source: null, track: null, problem });
  }

  /** Announce that somebody else asks for this device just now. */
  expect(isOn: boolean): void {
    this.#set({ isOn, isStarting: true, problem: null });
  }

  /** Use another device from now on, and next time. */
  async choose(option: DeviceOption): Promise<void> {
    this.#memory.remember(this.kind, option);
    this.#set({ deviceId: option.deviceId });
    if (this.state.track === null && !this.state.isStarting && this.state.problem === null) return;
    // Some phones cannot open two cameras at once.
    this.#stopTracks();
    await this.#open(this.constraints(option.deviceId));
  }

  /** Some browsers forget ids: when the remembered device can be told by its label only now, change to it. */
  async preferRemembered(options: readonly DeviceOption[]): Promise<void> {
    const remembered = pickDevice(options, this.#remembered());
    const { track, deviceId } = this.state;
    if (track !== null && remembered !== null && remembered.deviceId !== deviceId)
      await this.choose(remembered);
  }

  close(): void {
    this.release();
  }

  async #open(constraints: MediaTrackConstraints): Promise<void> {
    const wish = ++this.#wish;
    this.#set({ isStarting: true, problem: null });
    try {
      const source = await this.#request(constraints);
      if (wish !== this.#wish) source.stop();
      else this.#take(source);
    } catch (error) {
      if (wish === this.#wish) this.fail(this.#problemOf(error));
    }
  }

  async #request(constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
    if (this.#devices === undefined) throw new Error("no mediaDevices");
    try {
      return await this.#getTrack(constraints);
    } catch (error) {
      const isGone = error instanceof Error && ["OverconstrainedError", "NotFoundError"].includes(error.name);
      if (!isGone || constraints.deviceId === undefined) throw error;
      return this.#getTrack(CONSTRAINTS[this.kind]);
    }
  }

  async #getTrack(constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
    const field = this.kind === "microphone" ? "audio" : "video";
    const stream = await this.#devices?.getUserMedia({ [field]: constraints });
    const track = stream?.getTracks()[0];
    if (track === undefined) throw new Error("no track");
    return track;
  }

  #take(source: MediaStreamTrack): void {
    this.#stopTracks();
    const track = this.kind === "microphone" ? source.clone() : source;
    source.addEventListener("ended", () => void this.#onEnded(source));
    const deviceId = source.getSettings().deviceId ?? null;
    this.#set({ source, track, deviceId, isStarting: false, problem: null });
    this.#applyOn();
  }

  /** The device is gone, or permission was taken back. Fires only for what we did not stop ourselves. */
  async #onEnded(source: MediaStreamTrack): Promise<void> {
    if (this.state.source !== source) return;
    await this.#open(CONSTRAINTS[this.kind]);
    const { source: other, problem } = this.state;
    if (other !== null && other !== source) this.#onSwitched(this.kind, other.label);
    else if (problem === "not_found") this.fail("unplugged");
  }

  #problemOf(error: unknown): MediaProblem {
    return this.#devices === undefined ? problemWithoutDevices(isSecureContext) : mediaProblemOf(error);
  }

  /** Bring the track in line with `isOn`, synchronously: nobody is heard after they have muted themselves. */
  #applyOn(): void {
    const { track, isOn } = this.state;
    if (this.kind === "microphone" && track !== null) track.enabled = isOn;
  }

  #stopTracks(): void {
    const { source, track } = this.state;
    source?.stop();
    track?.stop();
  }

  #remembered(): DeviceOption | null {
    return asDeviceOption(this.#memory.recall(this.kind));
  }

  #set(change: Partial<CaptureState>): void {
    this.store.setState(change);
  }
}
