import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import { type Link, type Outcome, Requester } from "../../src/connection/requester";
import { ChatActions } from "../../src/session/chatActions";
import { afterJoined, INITIAL_ROOM, type RoomState } from "../../src/state/roomState";
import { joined, message, snapshot } from "../support/room";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(messages = [message(1)], has_more = false) {
  const sent: { name: string; fields: Record<string, unknown> }[] = [];
  const answers: Outcome[] = [];
  const link: Link = {
    send: async (name, fields) => {
      sent.push({ name, fields: fields as Record<string, unknown> });
      return answers.shift() ?? "lost";
    },
    tell: (name, fields) => void sent.push({ name, fields: fields as Record<string, unknown> }),
  };
  const requests = new Requester(link);
  requests.open();
  const start = joined({ snapshot: snapshot({ chat: { messages, has_more } }) });
  const store = createStore<RoomState>(() => afterJoined(INITIAL_ROOM, start));
  const chat = new ChatActions(requests, store);
  return { sent, answers, requests, store, chat, log: () => store.getState().chat };
}

it("shows a message while it is under way, and once when it has arrived", async () => {
  const { chat, answers, log, sent } = setUp();
  answers.push({ ok: { message: message(2, "me", "hello") } });
  const done = chat.send("hello");
  expect(log().pending).toMatchObject([{ text: "hello", isFailed: false }]);
  await done;
  expect(log().pending).toHaveLength(0);
  expect(log().messages.map((m) => m.message_id)).toEqual([1, 2]);
  expect(sent).toHaveLength(1);
});

it("keeps a refused message, and sends it again under the same id", async () => {
  const { chat, answers, log, sent } = setUp();
  answers.push({ error: { code: "internal_error", text: "" } });
  await chat.send("hello");
  const [failed] = log().pending;
  expect(failed?.isFailed).toBe(true);
  answers.push({ ok: { message: message(2, "me", "hello") } });
  await chat.retry(failed?.requestId ?? "");
  expect(log().pending).toHaveLength(0);
  expect(sent[1]?.fields.request_id).toBe(sent[0]?.fields.request_id);
});

it("marks a message as failed when no connection comes back in time", async () => {
  const { chat, requests, log } = setUp();
  requests.pause();
  const done = chat.send("hello");
  await vi.advanceTimersByTimeAsync(61_000);
  await done;
  expect(log().pending).toMatchObject([{ isFailed: true }]);
});

it("asks for the page before the oldest message, one at a time", async () => {
  const { chat, answers, log, sent } = setUp([message(51)], true);
  answers.push({ ok: { messages: [message(50)], has_more: false } });
  await Promise.all([chat.loadOlder(), chat.loadOlder()]);
  expect(sent).toEqual([{ name: "chat_page", fields: { before: 51, limit: 50 } }]);
  expect(log().messages.map((m) => m.message_id)).toEqual([50, 51]);
  await chat.loadOlder();
  expect(sent).toHaveLength(1);
});

it("remembers reading once, and again only when there is more to read", async () => {
  const { chat, answers, sent, store } = setUp();
  answers.push({ ok: {} }, { ok: {} });
  chat.markRead();
  chat.markRead();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.map(({ fields }) => fields.up_to)).toEqual([1]);
  expect(store.getState().readUpTo).toBe(1);
});

it("draws the line before what came out of sight, and not again before what came later", () => {
  const { chat, store } = setUp();
  chat.setReading(true);
  expect(store.getState().newAfter).toBeNull();
  chat.setReading(false);
  expect(store.getState().newAfter).toBe(0);
  store.setState({ readUpTo: 1 });
  chat.setReading(false);
  expect(store.getState().newAfter).toBe(0);
});

it("says now and then that somebody types, and once that they have stopped", async () => {
  const { chat, sent } = setUp();
  chat.onTyping(false);
  chat.onTyping(true);
  chat.onTyping(true);
  await vi.advanceTimersByTimeAsync(3_001);
  chat.onTyping(true);
  chat.onTyping(false);
  chat.onTyping(false);
  expect(sent.map(({ fields }) => fields.is_typing)).toEqual([true, true, false]);
});
