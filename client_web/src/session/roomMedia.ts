/** What the state of the room means for its media. */

import type { RoomMedia } from "../media/mediaSession";
import { SCREENS_AT_ONCE } from "../protocol/generated";
import { maySend, type RoomState } from "../state/roomState";

/** Return what media needs to know of the room; null before one is inside. */
export function roomMediaOf(state: RoomState): RoomMedia | null {
  const { snapshot, you } = state;
  if (snapshot === null || you === null) return null;
  return {
    meetingId: snapshot.meeting.meeting_id,
    media: snapshot.media,
    participants: snapshot.participants,
    ownId: you.participant_id,
    canSend: maySend(state),
  };
}

/** Whether the others share as many screens as this kind of room allows. */
export function isFullOfScreens({ snapshot, you }: RoomState): boolean {
  if (snapshot === null) return false;
  const others = snapshot.participants.filter((p) => p.participant_id !== you?.participant_id);
  const sharing = others.filter(({ producers }) => producers.some(({ source }) => source === "screen"));
  return sharing.length >= SCREENS_AT_ONCE[snapshot.room.kind];
}
