/** All that a page knows of one room, and how each thing that arrives changes it. Pure: no sockets, no views. */

import type { ConnectionState } from "../connection/roomConnection";
import type { Joined, Notice, RoomEvent, RoomSnapshot, You } from "../protocol/generated";
import type { Problem } from "../shared/problem";
import { applyEvent } from "./applyEvent";
import { type ChatLog, EMPTY_LOG, newestId, unreadCount, withMessage, withSnapshot } from "./chatLog";
import { afterDocumentEvent, afterDocumentsSnapshot, type DocumentList, NO_DOCUMENTS } from "./documentList";
import { type Typing, without, withTyping } from "./typing";

export type Phase =
  | { kind: "door" }
  | { kind: "joining" }
  | { kind: "inside" }
  | { kind: "left" }
  | { kind: "stopped"; problem: Problem };

export interface RoomState {
  phase: Phase;
  connection: ConnectionState;
  you: You | null;
  /** Names of the requests that this person may make inside: as the door says, and then the room. */
  permitted: readonly string[];
  snapshot: RoomSnapshot | null;
  chat: ChatLog;
  documents: DocumentList;
  typing: Typing;
  isChatOpen: boolean;
  /** The newest message is on show, on a page that is looked at. */
  isReading: boolean;
  /** `message_id` of the newest message that this person has read. */
  readUpTo: number;
  /** The "new messages" line stands after this `message_id`; null for no line. */
  newAfter: number | null;
}

export const INITIAL_ROOM: RoomState = {
  phase: { kind: "door" },
  connection: { kind: "connecting", problem: null },
  you: null,
  permitted: [],
  snapshot: null,
  chat: EMPTY_LOG,
  documents: NO_DOCUMENTS,
  typing: {},
  isChatOpen: false,
  isReading: false,
  readUpTo: 0,
  newAfter: null,
};

/** Take in the answer to `room_join`. Throws `SequenceGapError` when what was missed does not fit. */
export function afterJoined(state: RoomState, joined: Joined): RoomState {
  const { you } = joined;
  const base: RoomState = {
    ...state,
    you,
    permitted: you.permitted,
    phase: { kind: "inside" },
    readUpTo: Math.max(state.readUpTo, you.chat_read_up_to),
  };
  if (joined.snapshot !== null) {
    const { snapshot } = joined;
    const chat = withSnapshot(state.chat, snapshot.chat);
    return {
      ...base,
      snapshot,
      chat,
      documents: afterDocumentsSnapshot(state.documents, snapshot.documents),
    };
  }
  return (joined.missed ?? []).reduce((current, event) => afterEvent(current, event), base);
}

/** Take in one room event. Throws `SequenceGapError` when one before it is missing. */
export function afterEvent(state: RoomState, event: RoomEvent): RoomState {
  if (state.snapshot === null) return state;
  const snapshot = applyEvent(state.snapshot, event);
  if (snapshot === state.snapshot) return state;
  const next = { ...state, snapshot };
  switch (event.type) {
    case "chat_sent":
      return afterMessage(next, event.message);
    case "participant_left":
      return { ...next, typing: without(state.typing, event.participant_id) };
    case "document_added":
    case "document_changed":
    case "document_removed":
    case "presenter_changed":
      return { ...next, documents: afterDocumentEvent(state.documents, event) };
    default:
      return next;
  }
}

function afterMessage(state: RoomState, message: RoomSnapshot["chat"]["messages"][number]): RoomState {
  const author = state.snapshot?.participants.find((p) => p.person_id === message.person_id);
  const typing = author ? without(state.typing, author.participant_id) : state.typing;
  return { ...state, typing, chat: withMessage(state.chat, message) };
}

export function afterNotice(state: RoomState, notice: Notice, now: number): RoomState {
  if (notice.type !== "chat_typing") return state;
  return { ...state, typing: withTyping(state.typing, notice, now) };
}

/** Everything up to the newest message has been seen. */
export function afterReading(state: RoomState): RoomState {
  const newest = newestId(state.chat);
  return newest > state.readUpTo ? { ...state, readUpTo: newest } : state;
}

/** Count what is to be read: nothing while it is being read, though the mark follows a glance later. */
export function toBeRead(state: RoomState): number {
  if (state.isReading) return 0;
  return unreadCount(state.chat, state.readUpTo, ownParticipant(state)?.person_id ?? "");
}

/** Opening shows a line before what is new; closing takes it away. */
export function afterChatToggled(state: RoomState, isOpen: boolean): RoomState {
  const hasNew = newestId(state.chat) > state.readUpTo;
  const isReading = isOpen && state.isReading;
  return { ...state, isChatOpen: isOpen, isReading, newAfter: isOpen && hasNew ? state.readUpTo : null };
}

/** Whether this person may be seen and heard. Sound, pictures and screens are permitted together. */
export const maySend = ({ permitted }: RoomState): boolean => permitted.includes("media_produce");

export const mayWrite = ({ permitted }: RoomState): boolean => permitted.includes("chat_send");

/** What has been seen of the meeting, for `room_join` after a lost connection. */
export function resumePoint({ snapshot }: RoomState): { meeting_id: string; last_seq: number } | null {
  if (snapshot === null) return null;
  return { meeting_id: snapshot.meeting.meeting_id, last_seq: snapshot.seq };
}

/** This person as the room sees them. */
export function ownParticipant({ snapshot, you }: RoomState) {
  return snapshot?.participants.find((p) => p.participant_id === you?.participant_id);
}

/** Whether the way in takes longer than it should, as far as is known. */
export function hasConnectionTrouble({ connection }: RoomState): boolean {
  return connection.kind === "connecting" ? connection.problem !== null : connection.kind !== "connected";
}
