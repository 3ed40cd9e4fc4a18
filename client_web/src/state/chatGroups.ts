/** Turn a list of messages into what is drawn: days, and runs of one sender. Pure. */

import type { ChatMessage } from "../protocol/generated";

export interface MessageGroup {
  /** That of the first message: stable while messages are added after it. */
  key: string;
  personId: string;
  name: string;
  messages: ChatMessage[];
}

export type ChatRow =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  | { kind: "group"; key: string; group: MessageGroup };

/** A pause longer than this starts a new group, so that its time is shown. */
const GROUP_GAP_MS = 5 * 60_000;

/**
 * `newAfter`: the "new messages" line stands before the first message of somebody else above this id; null for no line.
 * `dayOf` names the local day of an instant.
 */
export function chatRows(
  messages: readonly ChatMessage[],
  newAfter: number | null,
  ownPersonId: string,
  dayOf: (at: number) => string = (at) => new Date(at).toDateString(),
): ChatRow[] {
  const rows: ChatRow[] = [];
  let day = "";
  let open: MessageGroup | null = null;
  let hasLine = newAfter === null;
  for (const message of messages) {
    const messageDay = dayOf(message.sent_at);
    if (messageDay !== day) {
      rows.push({ kind: "day", key: `day-${messageDay}`, at: message.sent_at });
      day = messageDay;
      open = null;
    }
    if (!hasLine && newAfter !== null && message.message_id > newAfter && message.person_id !== ownPersonId) {
      rows.push({ kind: "new", key: "new" });
      hasLine = true;
      open = null;
    }
    if (open === null || !continues(open, message)) {
      open = {
        key: `m-${message.message_id}`,
        personId: message.person_id,
        name: message.name,
        messages: [],
      };
      rows.push({ kind: "group", key: open.key, group: open });
    }
    open.messages.push(message);
  }
  return rows;
}

function continues(group: MessageGroup, message: ChatMessage): boolean {
  const last = group.messages.at(-1);
  return (
    group.personId === message.person_id &&
    group.name === message.name &&
    last !== undefined &&
    message.sent_at - last.sent_at < GROUP_GAP_MS
  );
}
