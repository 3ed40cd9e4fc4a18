/** Pictures of the others: cameras and shared screens, and what of them can be seen. Pure. */

import type { Source } from "../protocol/generated";

export type PictureSource = Exclude<Source, "microphone">;

/** How a picture is shown. */
export interface Shown {
  /** The largest layer that its tile has a use for. */
  maxLayer: number;
  /** It is what the page mainly shows, and comes first on a line that is too slow for everything. */
  isLarge: boolean;
}

/** What of the others can be seen just now. */
export interface View {
  /** By `pictureId`; what is missing is not received. */
  pictures: ReadonlyMap<string, Shown>;
  /** False while the page is hidden: sound goes on. */
  isVisible: boolean;
}

export const NOTHING: View = { pictures: new Map(), isVisible: true };

export function pictureId(participantId: string, source: PictureSource): string {
  return `${source} ${participantId}`;
}
