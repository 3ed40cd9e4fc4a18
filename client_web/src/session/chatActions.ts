/** What one can do in the chat: write, try again, read on, be seen typing. */

import type { StoreApi } from "zustand/vanilla";
import type { Requester } from "../connection/requester";
import { MAX_CHAT_PAGE } from "../protocol/generated";
import { randomId } from "../shared/randomId";
import {
  newestId,
  type PendingMessage,
  withFailure,
  withMessage,
  withoutPending,
  withPage,
  withPending,
} from "../state/chatLog";
import { afterReading, type RoomState } from "../state/roomState";

/** A message is tried for so long before it is shown as not sent. */
const SEND_DEADLINE_MS = 60_000;
/** "Is typing" is said again so often while somebody types. */
const TYPING_EVERY_MS = 3_000;

export class ChatActions {
  readonly #requests: Requester;
  readonly #store: StoreApi<RoomState>;
  #typingSaidAt = Number.NEGATIVE_INFINITY;
  #isPaging = false;
  #readSent = 0;

  constructor(requests: Requester, store: StoreApi<RoomState>) {
    this.#requests = requests;
    this.#store = store;
  }

  async send(text: string): Promise<void> {
    const { chat } = this.#store.getState();
    const pending: PendingMessage = {
      requestId: randomId(),
      text,
      writtenAt: Date.now(),
      after: newestId(chat),
      isFailed: false,
    };
    this.#store.setState((state) => ({ chat: withPending(state.chat, pending), newAfter: null }));
    this.#typingSaidAt = Number.NEGATIVE_INFINITY;
    await this.#deliver(pending);
  }

  /** Send a failed message again. It is stored once, even if the first try had come through. */
  async retry(requestId: string): Promise<void> {
    const pending = this.#store.getState().chat.pending.find((p) => p.requestId === requestId);
    if (pending === undefined || !pending.isFailed) return;
    this.#store.setState((state) => ({ chat: withFailure(state.chat, requestId, false) }));
    await this.#deliver(pending);
  }

  discard(requestId: string): void {
    this.#store.setState((state) => ({ chat: withoutPending(state.chat, requestId) }));
  }

  /** Read the page before the oldest message. Resolves when it is there, or could not be had. */
  async loadOlder(): Promise<void> {
    const { chat } = this.#store.getState();
    const before = chat.messages[0]?.message_id;
    if (this.#isPaging || !chat.hasMore || before === undefined) return;
    this.#isPaging = true;
    try {
      const page = await this.#requests.request("chat_page", { before, limit: MAX_CHAT_PAGE });
      this.#store.setState((state) => ({ chat: withPage(state.chat, before, page) }));
    } catch {
      // Scrolling up once more asks again.
    } finally {
      this.#isPaging = false;
    }
  }

  /** Say that the draft has changed: somebody types, or has emptied it. */
  onTyping(isTyping: boolean): void {
    const now = performance.now();
    if (isTyping && now - this.#typingSaidAt < TYPING_EVERY_MS) return;
    if (!isTyping && this.#typingSaidAt === Number.NEGATIVE_INFINITY) return;
    this.#typingSaidAt = isTyping ? now : Number.NEGATIVE_INFINITY;
    this.#requests.tell("chat_typing", { is_typing: isTyping });
  }

  /** Tell whether the newest message is on show, and looked at. What is new out of sight gets a line before it. */
  setReading(isReading: boolean): void {
    this.#store.setState((state) => {
      const hasNew = !isReading && newestId(state.chat) > state.readUpTo;
      return { isReading, newAfter: state.newAfter ?? (hasNew ? state.readUpTo : null) };
    });
  }

  /** Everything on show has been read. Remembered for the person, on all their devices. */
  markRead(): void {
    this.#store.setState(afterReading);
    const { readUpTo } = this.#store.getState();
    if (readUpTo <= this.#readSent) return;
    this.#readSent = readUpTo;
    this.#requests.request("chat_read", { up_to: readUpTo }).catch(() => {
      this.#readSent = 0;
    });
  }

  async #deliver({ requestId, text }: PendingMessage): Promise<void> {
    try {
      const options = { requestId, deadlineMs: SEND_DEADLINE_MS };
      const { message } = await this.#requests.request("chat_send", { text }, options);
      this.#store.setState((state) => ({
        chat: withMessage(withoutPending(state.chat, requestId), message),
      }));
    } catch {
      this.#store.setState((state) => ({ chat: withFailure(state.chat, requestId, true) }));
    }
  }
}
