/** Rooms, people and messages for tests. */

import type {
  ChatMessage,
  DocumentInfo,
  Joined,
  Participant,
  ProducerInfo,
  RoomSnapshot,
  You,
} from "../../src/protocol/generated";

export function participant(id: string, change: Partial<Participant> = {}): Participant {
  return {
    participant_id: id,
    person_id: `person_${id}`,
    name: id,
    role: "participant",
    joined_at: 1_000,
    is_connected: true,
    producers: [],
    quality: "good",
    ...change,
  };
}

export function producer(
  producer_id: string,
  source: ProducerInfo["source"],
  is_paused = false,
): ProducerInfo {
  return { producer_id, source, is_paused };
}

export function message(message_id: number, person = "ana", text = `text ${message_id}`): ChatMessage {
  return { message_id, person_id: `person_${person}`, name: person, text, sent_at: message_id * 1_000 };
}

/** A page of the board; the larger its number, the younger it is. */
export function page(number: number, change: Partial<DocumentInfo> = {}): DocumentInfo {
  return {
    document_id: `document_${number}`,
    kind: "board",
    title: `Page ${number}`,
    created_at: number,
    epoch: 1,
    is_locked: false,
    health: "good",
    ...change,
  };
}

export function pages(first: number, last: number): DocumentInfo[] {
  return Array.from({ length: last - first + 1 }, (_, index) => page(first + index));
}

export function snapshot(change: Partial<RoomSnapshot> = {}): RoomSnapshot {
  return {
    seq: 5,
    room: { room_id: "room_1", slug: "lounge", name: "Lounge", kind: "lounge" },
    meeting: { meeting_id: "meeting_1", opened_at: 1_000 },
    participants: [participant("me"), participant("ana")],
    chat: { messages: [], has_more: false },
    documents: { documents: [], has_more: false, presenter: null },
    media: { epoch: 1, is_available: true },
    ...change,
  };
}

export function you(change: Partial<You> = {}): You {
  return {
    participant_id: "me",
    connection_id: "connection_1",
    role: "participant",
    permitted: ["chat_send", "media_produce"],
    chat_read_up_to: 0,
    ...change,
  };
}

export function joined(change: Partial<Joined> = {}): Joined {
  return {
    you: you(),
    media: { router_rtp_capabilities: {} },
    snapshot: snapshot(),
    missed: null,
    now: 1_000,
    ...change,
  };
}
