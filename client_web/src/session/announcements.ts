/** What of the room's events is said to somebody who does not see them. */

import type { Participant, RoomEvent } from "../protocol/generated";
import type { RoomState } from "../state/roomState";
import type { Announcement } from "./hints";

/** Return what to say of an event that has just changed the room; null for nothing. */
export function announcementOf(event: RoomEvent, before: RoomState): Announcement | null {
  const isOwn = (id: string) => id === before.you?.participant_id;
  const earlier = (id: string) => before.snapshot?.participants.find((p) => p.participant_id === id);
  switch (event.type) {
    case "participant_joined": {
      const { participant_id, name } = event.participant;
      return isOwn(participant_id) ? null : { code: "joined", name };
    }
    case "participant_left": {
      const gone = earlier(event.participant_id);
      return gone === undefined || isOwn(event.participant_id) ? null : { code: "left", name: gone.name };
    }
    case "participant_changed": {
      const { participant_id, name } = event.participant;
      const begins = isSharing(event.participant) && !isSharing(earlier(participant_id));
      return begins && !isOwn(participant_id) ? { code: "shares", name } : null;
    }
    case "chat_sent": {
      const { name, text } = event.message;
      return before.isChatOpen ? null : { code: "message", name, text };
    }
    default:
      return null;
  }
}

function isSharing(participant: Participant | undefined): boolean {
  return participant?.producers.some(({ source }) => source === "screen") ?? false;
}
