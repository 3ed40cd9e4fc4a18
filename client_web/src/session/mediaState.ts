/** What views know of a visit's sound and pictures. */

import type { SlotTrack } from "../media/audioSlots";
import type { MediaStatus } from "../media/mediaSession";
import type { ReceivedTrack } from "../media/subscriptions";
import type { Source } from "../protocol/generated";

export type RemoteTracks = Readonly<Record<string, Partial<Record<Source, MediaStreamTrack>>>>;

export interface MediaState {
  status: MediaStatus;
  /** Sound and pictures do not get through, however often they are tried. */
  isBlocked: boolean;
  /** Pictures of others as they come. */
  received: readonly ReceivedTrack[];
  /** The same by participant and source. */
  tracks: RemoteTracks;
  /** Ids of pictures of which to say that the line is too slow for them. */
  dark: ReadonlySet<string>;
  /** Ids of pictures of which nothing has ever come, for whatever reason. */
  missing: ReadonlySet<string>;
  /** The room's sound, by audio slot. */
  slots: readonly SlotTrack[];
  /** Who is in which audio slot, by participant id, as the server tells. */
  slotSpeakers: readonly (string | null)[];
  /** Who talks, by participant id, the most important first: for all in the room the same. */
  talking: readonly string[];
  /** Who of the others is heard here just now: for the marks on their tiles. */
  speaking: ReadonlySet<string>;
  isSpeaking: boolean;
  isTalkingMuted: boolean;
  /** What the others get of this person from another tab or device. */
  elsewhere: readonly Source[];
  /** The browser plays no sound before somebody touches the page. */
  isSoundBlocked: boolean;
}

export const NOBODY_HEARD = { slotSpeakers: [], talking: [] } as const;

export const INITIAL_MEDIA: MediaState = {
  status: "connecting",
  isBlocked: false,
  received: [],
  tracks: {},
  dark: new Set(),
  missing: new Set(),
  slots: [],
  ...NOBODY_HEARD,
  speaking: new Set(),
  isSpeaking: false,
  isTalkingMuted: false,
  elsewhere: [],
  isSoundBlocked: false,
};

/** Take in the pictures that come now. */
export function afterReceived(received: readonly ReceivedTrack[]): Pick<MediaState, "received" | "tracks"> {
  const tracks: Record<string, Partial<Record<Source, MediaStreamTrack>>> = {};
  for (const { participantId, source, track } of received) {
    tracks[participantId] = { ...tracks[participantId], [source]: track };
  }
  return { received, tracks };
}
