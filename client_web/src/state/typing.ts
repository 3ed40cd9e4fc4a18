/** Who is typing. A notice may be lost, so that each is forgotten by itself. Pure. */

import type { ChatTypingNotice, Participant } from "../protocol/generated";

/** Until when each participant counts as typing, in ms of the caller's clock. */
export type Typing = Readonly<Record<string, number>>;

export const TYPING_MS = 6_000;

export function withTyping(typing: Typing, notice: ChatTypingNotice, now: number): Typing {
  const others = without(typing, notice.participant_id);
  return notice.is_typing ? { ...others, [notice.participant_id]: now + TYPING_MS } : others;
}

/** A message has come from them, or they have left: they are not typing any more. */
export function without(typing: Typing, participantId: string): Typing {
  if (!(participantId in typing)) return typing;
  const { [participantId]: _, ...others } = typing;
  return others;
}

export function withoutExpired(typing: Typing, now: number): Typing {
  const live = Object.entries(typing).filter(([, until]) => until > now);
  return live.length === Object.keys(typing).length ? typing : Object.fromEntries(live);
}

/** Names of those who type and are in the room, in order of joining. */
export function typingNames(typing: Typing, participants: readonly Participant[], ownId: string): string[] {
  return participants
    .filter((p) => p.participant_id in typing && p.participant_id !== ownId)
    .map((p) => p.name);
}
