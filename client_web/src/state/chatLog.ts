/** What a page has read of a room's chat, and what it has written that is not confirmed yet. Pure. */

import type { ChatHistory, ChatMessage, ChatSnapshot } from "../protocol/generated";

export interface PendingMessage {
  /** Also the `request_id`: however often it is sent, it is stored once. */
  requestId: string;
  text: string;
  writtenAt: number;
  /** The newest message when this one was written; its confirmed twin can only come after. */
  after: number;
  isFailed: boolean;
}

export interface ChatLog {
  /** Oldest first, without holes. */
  messages: readonly ChatMessage[];
  /** Older ones exist than the first of `messages`. */
  hasMore: boolean;
  pending: readonly PendingMessage[];
}

export const EMPTY_LOG: ChatLog = { messages: [], hasMore: false, pending: [] };

export function newestId(log: ChatLog): number {
  return log.messages.at(-1)?.message_id ?? 0;
}

/** Take in the newest messages as the server knows them. What lies before a hole is dropped, to be paged in again. */
export function withSnapshot(log: ChatLog, { messages, has_more }: ChatSnapshot): ChatLog {
  const first = messages[0];
  if (first === undefined) return { ...log, messages: [], hasMore: has_more };
  const older = log.messages.filter((message) => message.message_id < first.message_id);
  const overlaps = log.messages.some((message) => message.message_id >= first.message_id);
  if (older.length === 0 || (has_more && !overlaps)) return { ...log, messages, hasMore: has_more };
  return { ...log, messages: [...older, ...messages], hasMore: log.hasMore };
}

export function withMessage(log: ChatLog, message: ChatMessage): ChatLog {
  const { messages } = log;
  if (message.message_id > newestId(log)) return { ...log, messages: [...messages, message] };
  if (messages.some((known) => known.message_id === message.message_id)) return log;
  const sorted = [...messages, message].sort((a, b) => a.message_id - b.message_id);
  return { ...log, messages: sorted };
}

/** Put a page of history before the rest. A page that came too late, or twice, changes nothing. */
export function withPage(log: ChatLog, before: number, page: ChatHistory): ChatLog {
  if (log.messages[0]?.message_id !== before) return log;
  return { ...log, messages: [...page.messages, ...log.messages], hasMore: page.has_more };
}

export function withPending(log: ChatLog, pending: PendingMessage): ChatLog {
  return { ...log, pending: [...log.pending, pending] };
}

/** Mark a pending message as failed, or as being tried again. */
export function withFailure(log: ChatLog, requestId: string, isFailed: boolean): ChatLog {
  const pending = log.pending.map((p) => (p.requestId === requestId ? { ...p, isFailed } : p));
  return { ...log, pending };
}

export function withoutPending(log: ChatLog, requestId: string): ChatLog {
  return { ...log, pending: log.pending.filter((p) => p.requestId !== requestId) };
}

/**
 * Return the pending messages to show. One whose confirmed twin has arrived as an event, before its acknowledgement,
 * is not shown twice.
 */
export function visiblePending(log: ChatLog, ownPersonId: string): readonly PendingMessage[] {
  if (log.pending.length === 0) return log.pending;
  const taken = new Set<number>();
  return log.pending.filter((pending) => {
    const twin = log.messages.find(
      ({ message_id, person_id, text }) =>
        message_id > pending.after &&
        person_id === ownPersonId &&
        text === pending.text &&
        !taken.has(message_id),
    );
    if (twin) taken.add(twin.message_id);
    return twin === undefined;
  });
}

/** Count what others wrote after `readUpTo`. */
export function unreadCount(log: ChatLog, readUpTo: number, ownPersonId: string): number {
  let count = 0;
  for (let i = log.messages.length - 1; i >= 0; i--) {
    const message = log.messages[i];
    if (message === undefined || message.message_id <= readUpTo) break;
    if (message.person_id !== ownPersonId) count++;
  }
  return count;
}
