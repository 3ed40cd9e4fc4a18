/** The stage of one visit: who is where on it, and with that, whose pictures are received, and how large. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { layerFor } from "../media/cameraLayers";
import { pictureId, type Shown, type View } from "../media/picture";
import type { Participant } from "../protocol/generated";
import {
  EMPTY_STAGE,
  isSamePicture,
  keptWarm,
  mainPicture,
  type Picture,
  type StageState,
  withCapacity,
  withDominant,
  withOthers,
  withPage,
  withPinned,
  withSpeaking,
} from "../state/stage";

/** A picture that can be seen, and its height in CSS pixels. */
export interface Tiled extends Picture {
  height: number;
}

export class Stage {
  readonly store: StoreApi<StageState> = createStore(() => EMPTY_STAGE);
  readonly #onPictures: (pictures: View["pictures"]) => void;
  #tiled: readonly Tiled[] = [];

  constructor(onPictures: (pictures: View["pictures"]) => void) {
    this.#onPictures = onPictures;
  }

  follow(participants: readonly Participant[], ownId: string): void {
    const others = participants.filter((participant) => participant.participant_id !== ownId);
    this.#change((state) => withOthers(state, others));
  }

  onSpeaking(speaking: ReadonlySet<string>): void {
    this.#change((state) => withSpeaking(state, speaking));
  }

  onDominant(dominant: string | null): void {
    const isNews = dominant !== null && dominant !== this.store.getState().dominants[0];
    if (isNews) this.#change((state) => withDominant(state, dominant));
  }

  /** Show a picture large; the one that is pinned already no longer. */
  togglePinned(picture: Picture): void {
    this.#change((state) => withPinned(state, isSamePicture(state.pinned, picture) ? null : picture));
  }

  turnTo(page: number): void {
    this.#change((state) => withPage(state, page));
  }

  setCapacity(capacity: number): void {
    if (capacity !== this.store.getState().capacity) this.#change((state) => withCapacity(state, capacity));
  }

  /** Take note of what the page shows. */
  show(tiled: readonly Tiled[]): void {
    this.#tiled = tiled;
    this.#tell();
  }

  #change(change: (state: StageState) => StageState): void {
    this.store.setState(change, true);
    this.#tell();
  }

  #tell(): void {
    const state = this.store.getState();
    const main = mainPicture(state);
    const pictures = new Map<string, Shown>();
    for (const id of keptWarm(state)) pictures.set(pictureId(id, "camera"), { maxLayer: 0, isLarge: false });
    for (const { participantId, source, height } of this.#tiled) {
      const id = pictureId(participantId, source);
      const maxLayer = source === "screen" ? 0 : layerFor(height * devicePixelRatio);
      pictures.set(id, { maxLayer, isLarge: id === main });
    }
    this.#onPictures(pictures);
  }
}
