/**
 * Keep a snapshot current: snapshot + events = the snapshot the server would make now.
 *
 * The twin of `protocol/replay.py`; both are held to `protocol/vectors/room_events.json`.
 */

import type { Participant, RoomEvent, RoomSnapshot } from "../protocol/generated";
import { applyDocumentEvent } from "./applyDocumentEvent";

/** A snapshot holds at most so many messages; what falls out is read by `chat_page`. */
const CHAT_SNAPSHOT_MESSAGES = 50;

/** An event does not follow the snapshot: something in between is missing. */
export class SequenceGapError extends Error {
  override readonly name = "SequenceGapError";
}

/** Return the snapshot after `event`. An event already contained changes nothing. Throws `SequenceGapError`. */
export function applyEvent(snapshot: RoomSnapshot, event: RoomEvent): RoomSnapshot {
  if (event.seq <= snapshot.seq) return snapshot;
  if (event.seq !== snapshot.seq + 1) {
    throw new SequenceGapError(`event ${event.seq} does not follow ${snapshot.seq}`);
  }
  const after = { ...snapshot, seq: event.seq };
  const people = snapshot.participants;
  switch (event.type) {
    case "participant_joined":
      return { ...after, participants: [...people, event.participant] };
    case "participant_changed": {
      const changed = event.participant;
      const isSame = (id: string) => id === changed.participant_id;
      return { ...after, participants: people.map((p) => (isSame(p.participant_id) ? changed : p)) };
    }
    case "qualities_changed": {
      const { qualities } = event;
      const asGiven = (p: Participant): Participant => {
        const quality = qualities[p.participant_id];
        return quality === undefined ? p : { ...p, quality };
      };
      return { ...after, participants: people.map(asGiven) };
    }
    case "participant_left":
      return { ...after, participants: people.filter((p) => p.participant_id !== event.participant_id) };
    case "chat_sent": {
      const messages = [...snapshot.chat.messages, event.message];
      const kept = messages.slice(-CHAT_SNAPSHOT_MESSAGES);
      const has_more = snapshot.chat.has_more || kept.length < messages.length;
      return { ...after, chat: { messages: kept, has_more } };
    }
    case "document_added":
    case "document_changed":
    case "document_removed":
    case "presenter_changed":
      return { ...after, documents: applyDocumentEvent(snapshot.documents, event) };
    case "media_reset":
      return { ...after, media: { epoch: event.epoch, is_available: event.is_available } };
  }
}
