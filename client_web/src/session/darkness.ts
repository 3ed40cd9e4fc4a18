/**
 * Of which pictures to say that the line is too slow for them. One that has only just been asked for may be dark because
 * nothing of it has come yet: for its first seconds that is said of no picture that has never been there.
 */

import { pictureId } from "../media/picture";
import type { ReceivedTrack } from "../media/subscriptions";

export const STARTING_MS = 5_000;

type Picture = Pick<ReceivedTrack, "participantId" | "source" | "track" | "isDark">;

export class Darkness {
  readonly #onChange: (dark: ReadonlySet<string>) => void;
  /** Those that have not been there yet, with what ends their patience. */
  readonly #starting = new Map<MediaStreamTrack, () => void>();
  /** Those that are there now. */
  #pictures: readonly Picture[] = [];

  constructor(onChange: (dark: ReadonlySet<string>) => void) {
    this.#onChange = onChange;
  }

  /** Take in the pictures that come now. */
  follow(pictures: readonly Picture[]): void {
    const known = new Set(this.#pictures.map(({ track }) => track));
    const tracks = new Set(pictures.map(({ track }) => track));
    for (const [track, end] of [...this.#starting]) if (!tracks.has(track)) end();
    for (const track of tracks) {
      // A track is muted until its first packets have come.
      if (!known.has(track) && track.muted) this.#wait(track);
    }
    this.#pictures = pictures;
    this.#tell();
  }

  close(): void {
    for (const end of [...this.#starting.values()]) end();
    this.#pictures = [];
  }

  #wait(track: MediaStreamTrack): void {
    const end = () => {
      clearTimeout(timer);
      track.removeEventListener("unmute", onOver);
      this.#starting.delete(track);
    };
    const onOver = () => {
      end();
      this.#tell();
    };
    const timer = setTimeout(onOver, STARTING_MS);
    track.addEventListener("unmute", onOver);
    this.#starting.set(track, end);
  }

  #tell(): void {
    const dark = this.#pictures.filter(({ isDark, track }) => isDark && !this.#starting.has(track));
    this.#onChange(new Set(dark.map(({ participantId, source }) => pictureId(participantId, source))));
  }
}
