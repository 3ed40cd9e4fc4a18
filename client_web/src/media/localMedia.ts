/** This computer's microphone, camera, screen and speaker, from the door until one leaves. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { Memory } from "../shared/storage";
import { Capture, type OnSwitched } from "./capture";
import {
  asDeviceOption,
  type DeviceLists,
  type DeviceOption,
  listsOf,
  NO_DEVICES,
  pickDevice,
} from "./deviceChoice";
import { ScreenCapture } from "./screenCapture";

export interface DevicesState {
  lists: DeviceLists;
  /** Empty for the system's own choice. */
  speakerId: string;
}

export interface LocalMediaOptions {
  /** Missing on insecure pages. */
  devices: MediaDevices | undefined;
  permissions: Permissions | undefined;
  memory: Memory;
  onSwitched: OnSwitched;
}

/** What to open at first. */
export interface Wanted {
  /** `null`: do not even ask for it. */
  isMicrophoneOn: boolean | null;
  isCameraOn: boolean;
}

export class LocalMedia {
  readonly microphone: Capture;
  readonly camera: Capture;
  readonly screen: ScreenCapture;
  readonly devices: StoreApi<DevicesState> = createStore(() => ({ lists: NO_DEVICES, speakerId: "" }));
  readonly #source: MediaDevices | undefined;
  readonly #permissionSource: Permissions | undefined;
  readonly #memory: Memory;
  readonly #permissions: PermissionStatus[] = [];
  #isClosed = false;

  constructor({ devices, permissions, memory, onSwitched }: LocalMediaOptions) {
    this.#source = devices;
    this.#permissionSource = permissions;
    this.#memory = memory;
    this.microphone = new Capture("microphone", devices, memory, onSwitched);
    this.camera = new Capture("camera", devices, memory, onSwitched);
    this.screen = new ScreenCapture(devices);
  }

  /** Open what is wanted, with one question to the person where the browser allows it. */
  async start({ isMicrophoneOn, isCameraOn }: Wanted): Promise<void> {
    this.#source?.addEventListener("devicechange", this.#onDeviceChange);
    void this.#watchPermissions();
    if (isMicrophoneOn !== null && isCameraOn) await this.#openBoth(isMicrophoneOn);
    else if (isCameraOn) await this.camera.turnOn();
    else if (isMicrophoneOn === true) await this.microphone.turnOn();
    else if (isMicrophoneOn === false) await this.microphone.hold();
    await this.refreshDevices();
    const { lists } = this.devices.getState();
    await this.microphone.preferRemembered(lists.microphone);
    await this.camera.preferRemembered(lists.camera);
  }

  chooseSpeaker(option: DeviceOption): void {
    this.#memory.remember("speaker", option);
    this.devices.setState({ speakerId: option.deviceId });
  }

  async refreshDevices(): Promise<void> {
    if (this.#source === undefined || this.#isClosed) return;
    const lists = listsOf(await this.#source.enumerateDevices().catch(() => []));
    const speaker = pickDevice(lists.speaker, asDeviceOption(this.#memory.recall("speaker")));
    if (!this.#isClosed) this.devices.setState({ lists, speakerId: speaker?.deviceId ?? "" });
  }

  /** Give everything back; what is asked for just now is not taken. */
  release(): void {
    this.microphone.release();
    this.camera.release();
    this.screen.stop();
  }

  close(): void {
    this.#isClosed = true;
    this.#source?.removeEventListener("devicechange", this.#onDeviceChange);
    for (const permission of this.#permissions) permission.onchange = null;
    this.microphone.close();
    this.camera.close();
    this.screen.close();
  }

  async #openBoth(isMicrophoneOn: boolean): Promise<void> {
    const { microphone, camera } = this;
    microphone.expect(isMicrophoneOn);
    camera.expect(true);
    const stream = await this.#source
      ?.getUserMedia({ audio: microphone.constraints(), video: camera.constraints() })
      .catch(() => null);
    if (this.#isClosed) return stream?.getTracks().forEach((track) => void track.stop());
    const [audio] = stream?.getAudioTracks() ?? [];
    const [video] = stream?.getVideoTracks() ?? [];
    if (audio !== undefined && video !== undefined) {
      this.#adopt(microphone, audio);
      this.#adopt(camera, video);
      return;
    }
    // Together it did not work. One by one, to have at least one of them, and to know which it is that does not.
    if (microphone.state.isStarting) {
      await (microphone.state.isOn ? microphone.turnOn() : microphone.hold());
    }
    if (camera.state.isStarting) await camera.turnOn();
  }

  /** Unless the person has changed their mind while the browser was asking. */
  #adopt(capture: Capture, track: MediaStreamTrack): void {
    if (capture.state.isStarting) capture.adopt(track);
    else track.stop();
  }

  readonly #onDeviceChange = (): void => void this.refreshDevices();

  /** When somebody gives permission in the browser's own menu, what was refused starts by itself. */
  async #watchPermissions(): Promise<void> {
    for (const capture of [this.microphone, this.camera]) {
      const name = capture.kind as PermissionName;
      const status = await this.#permissionSource?.query({ name }).catch(() => null);
      if (!status || this.#isClosed) continue;
      this.#permissions.push(status);
      status.onchange = () => {
        const wasRefused = capture.state.problem === "denied" || capture.state.problem === "dismissed";
        if (status.state === "granted" && wasRefused) void capture.turnOn().then(() => this.refreshDevices());
      };
    }
  }
}
