/**
 * Of which pictures to say why they are not there: the line is too slow for them, or nothing of them has ever come. One that
 * has only just been asked for has some seconds to come before anything is said of it.
 */

import { pictureId } from "../media/picture";
import type { ReceivedTrack } from "../media/subscriptions";

export const STARTING_MS = 5_000;

type Picture = Pick<ReceivedTrack, "participantId" | "source" | "track" | "isDark">;

/** By picture id. */
export interface Absent {
  /** The line is too slow for them. */
  dark: ReadonlySet<string>;
  /** For whatever reason: the publisher's network may let nothing through. */
  missing: ReadonlySet<string>;
}

export class Darkness {
  readonly #onChange: (absent: Absent) => void;
  /** Those that have not been there yet, with what ends waiting for them. */
  readonly #starting = new Map<MediaStreamTrack, () => void>();
  /** Those of them that have had their time. */
  readonly #late = new Set<MediaStreamTrack>();
  /** Those that are wanted now. */
  #pictures: readonly Picture[] = [];

  constructor(onChange: (absent: Absent) => void) {
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
      track.removeEventListener("unmute", onCome);
      this.#starting.delete(track);
      this.#late.delete(track);
    };
    const onCome = () => {
      end();
      this.#tell();
    };
    const timer = setTimeout(() => {
      this.#late.add(track);
      this.#tell();
    }, STARTING_MS);
    track.addEventListener("unmute", onCome);
    this.#starting.set(track, end);
  }

  #tell(): void {
    const isEarly = (track: MediaStreamTrack) => this.#starting.has(track) && !this.#late.has(track);
    const dark = this.#pictures.filter(({ isDark, track }) => isDark && !isEarly(track));
    const missing = this.#pictures.filter(({ isDark, track }) => !isDark && this.#late.has(track));
    this.#onChange({ dark: idsOf(dark), missing: idsOf(missing) });
  }
}

function idsOf(pictures: readonly Picture[]): Set<string> {
  return new Set(pictures.map(({ participantId, source }) => pictureId(participantId, source)));
}
