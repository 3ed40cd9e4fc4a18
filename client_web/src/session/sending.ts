/** What one sends: microphone, camera and screen, switched by the person, and taken away by others. */

import type { StoreApi } from "zustand/vanilla";
import type { Capture } from "../media/capture";
import type { LocalMedia } from "../media/localMedia";
import type { SentTrack } from "../media/publication";
import type { Source } from "../protocol/generated";
import { maySend, type RoomState } from "../state/roomState";
import type { Hints } from "./hints";
import { isFullOfScreens } from "./roomMedia";

export interface SendingOptions {
  local: LocalMedia;
  room: StoreApi<RoomState>;
  hints: Hints;
  /** Send a source from now on, once inside. */
  send(source: Source, sent: SentTrack): void;
}

export class Sending {
  readonly #options: SendingOptions;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Send what the devices give, until the returned function is called. */
  watch(): () => void {
    const { microphone, camera, screen } = this.#options.local;
    const ends = [
      ...[microphone, camera].map((capture) => capture.store.subscribe(() => this.#onCapture(capture))),
      screen.store.subscribe(({ track }, before) => {
        if (track !== before.track) this.#onScreen(track);
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  toggleMicrophone(): void {
    void this.#toggle(this.#options.local.microphone);
  }

  toggleCamera(): void {
    void this.#toggle(this.#options.local.camera);
  }

  /** Share one's screen, or end that. */
  toggleScreen(): void {
    const { local, room, hints } = this.#options;
    const { screen } = local;
    if (screen.state.track !== null) return screen.stop();
    if (!screen.isSupported || !maySend(room.getState())) return;
    if (isFullOfScreens(room.getState())) return hints.show({ code: "too_many_screens" });
    void screen.start().then((outcome) => {
      if (outcome === "failed") hints.show({ code: "screen_failed" });
    });
  }

  /** Another tab of this person sends this source now. */
  onReplaced(source: Source): void {
    const { local, hints } = this.#options;
    if (source === "screen") {
      local.screen.stop();
      return hints.show({ code: "replaced", kind: source });
    }
    const capture = local[source];
    if (capture.state.isOn) hints.show({ code: "replaced", kind: source });
    capture.turnOff();
  }

  /** The server has the last word on how many screens there are. */
  onRefused(source: Source): void {
    if (source !== "screen") return;
    this.#options.local.screen.stop();
    this.#options.hints.show({ code: "too_many_screens" });
  }

  #onCapture({ kind, state }: Capture): void {
    const { track, isOn } = state;
    this.#options.send(kind, { track, isPaused: !isOn || track === null });
  }

  #onScreen(track: MediaStreamTrack | null): void {
    this.#options.send("screen", { track, isPaused: track === null });
    this.#options.hints.announce({ code: track === null ? "screen_off" : "screen_on" });
  }

  /** Switch on or off, and tell when a device gives nothing although it should. */
  async #toggle(capture: Capture): Promise<void> {
    const { local, room, hints } = this.#options;
    const { kind } = capture;
    if (!maySend(room.getState())) return;
    if (capture.state.isOn) {
      capture.turnOff();
      hints.announce({ code: `${kind}_off` });
      return;
    }
    await capture.turnOn();
    const { isOn, problem } = capture.state;
    const isInside = room.getState().phase.kind === "inside";
    if (isOn) hints.announce({ code: `${kind}_on` });
    // At the door, the problem stands under the picture already.
    else if (problem !== null && isInside) hints.show({ code: "device_failed", kind, problem });
    void local.refreshDevices();
  }
}
