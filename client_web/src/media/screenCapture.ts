/**
 * This computer's screen, or a window or tab of it, while it is shared: chosen in the browser's own dialog, and ended
 * here or by the browser's own button. Nothing is remembered: every share is the person's own decision.
 */

import { createStore, type StoreApi } from "zustand/vanilla";
import { mediaProblemOf } from "./mediaProblem";

/** What matters in the picture: that it is sharp, or that it moves smoothly. */
export type ScreenStyle = "text" | "motion";

export interface ScreenState {
  /** The browser asks what to share. */
  isStarting: boolean;
  track: MediaStreamTrack | null;
  style: ScreenStyle;
}

/** `cancelled`: the person has thought better of it. */
export type ScreenOutcome = "started" | "cancelled" | "failed";

const OFF: ScreenState = { isStarting: false, track: null, style: "text" };
const SIZE: MediaTrackConstraints = { width: { max: 1920 }, height: { max: 1200 } };
/** By the hint an encoder knows whether to give up sharpness or movement when the line is slow (mst-content-hint). */
const STYLES: Readonly<Record<ScreenStyle, { contentHint: string; frameRate: number }>> = {
  text: { contentHint: "detail", frameRate: 15 },
  motion: { contentHint: "motion", frameRate: 30 },
};

export class ScreenCapture {
  readonly store: StoreApi<ScreenState> = createStore(() => OFF);
  readonly #devices: MediaDevices | undefined;
  #isClosed = false;

  constructor(devices: MediaDevices | undefined) {
    this.#devices = devices;
  }

  get state(): ScreenState {
    return this.store.getState();
  }

  /** False on phones, whose browsers cannot do it. */
  get isSupported(): boolean {
    return this.#devices !== undefined && "getDisplayMedia" in this.#devices;
  }

  /** Let the person choose what to share. Call while a click or key press is being handled. */
  async start(): Promise<ScreenOutcome> {
    if (this.#devices === undefined || !this.isSupported) return "failed";
    if (this.state.isStarting || this.state.track !== null) return "cancelled";
    this.store.setState({ isStarting: true });
    try {
      const frameRate = { max: STYLES.text.frameRate };
      const stream = await this.#devices.getDisplayMedia({ video: { ...SIZE, frameRate }, audio: false });
      return this.#take(stream.getVideoTracks()[0]);
    } catch (error) {
      return ["denied", "dismissed"].includes(mediaProblemOf(error)) ? "cancelled" : "failed";
    } finally {
      this.store.setState({ isStarting: false });
    }
  }

  stop(): void {
    this.state.track?.stop();
    this.store.setState({ track: null, style: "text" });
  }

  setStyle(style: ScreenStyle): void {
    const { track } = this.state;
    if (track === null) return;
    this.store.setState({ style });
    apply(track, style);
    // What the browser cannot do of it is no reason to say anything: the picture goes on.
    track.applyConstraints({ ...SIZE, frameRate: { max: STYLES[style].frameRate } }).catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  #take(track: MediaStreamTrack | undefined): ScreenOutcome {
    if (track === undefined) return "failed";
    if (this.#isClosed) {
      track.stop();
      return "cancelled";
    }
    apply(track, "text");
    track.addEventListener("ended", () => {
      if (this.state.track === track) this.stop();
    });
    this.store.setState({ track });
    return "started";
  }
}

function apply(track: MediaStreamTrack, style: ScreenStyle): void {
  track.contentHint = STYLES[style].contentHint;
}
