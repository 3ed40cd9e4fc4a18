import { describe, expect, it } from "vitest";
import {
  type ChatLog,
  EMPTY_LOG,
  unreadCount,
  visiblePending,
  withFailure,
  withMessage,
  withoutPending,
  withPage,
  withPending,
  withSnapshot,
} from "../../src/state/chatLog";
import { message } from "../support/room";

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const ids = (log: ChatLog) => log.messages.map((m) => m.message_id);
const log = (change: Partial<ChatLog>): ChatLog => ({ ...EMPTY_LOG, ...change });
const pending = (requestId: string, text: string, after = 0) => ({
  requestId,
  text,
  after,
  writtenAt: 0,
  isFailed: false,
});

describe("a snapshot after a reconnect", () => {
  it("is taken as it is by an empty log", () => {
    const after = withSnapshot(EMPTY_LOG, { messages: range(51, 100), has_more: true });
    expect(ids(after)).toHaveLength(50);
    expect(after.hasMore).toBe(true);
  });

  it("keeps the older pages that were read already, when nothing is missing between", () => {
    const before = log({ messages: range(20, 80), hasMore: true });
    const after = withSnapshot(before, { messages: range(60, 100), has_more: true });
    expect(ids(after)).toEqual(range(20, 100).map((m) => m.message_id));
    expect(after.hasMore).toBe(true);
  });

  it("drops what lies before a hole, to be read again", () => {
    const before = log({ messages: range(1, 10), hasMore: false });
    const after = withSnapshot(before, { messages: range(60, 100), has_more: true });
    expect(ids(after)[0]).toBe(60);
    expect(after.hasMore).toBe(true);
  });

  it("keeps what has not been confirmed", () => {
    const before = log({ pending: [pending("r1", "x")] });
    expect(withSnapshot(before, { messages: range(1, 2), has_more: false }).pending).toHaveLength(1);
  });
});

describe("a message", () => {
  it("is shown once, however often it is heard of", () => {
    const once = withMessage(log({ messages: range(1, 3) }), message(4));
    expect(withMessage(once, message(4))).toBe(once);
    expect(ids(once)).toEqual([1, 2, 3, 4]);
  });

  it("takes its place when it comes late", () => {
    const after = withMessage(log({ messages: [message(1), message(3)] }), message(2));
    expect(ids(after)).toEqual([1, 2, 3]);
  });
});

describe("a page of history", () => {
  it("comes before the rest", () => {
    const after = withPage(log({ messages: range(11, 12), hasMore: true }), 11, {
      messages: range(1, 10),
      has_more: false,
    });
    expect(ids(after)).toEqual(range(1, 12).map((m) => m.message_id));
    expect(after.hasMore).toBe(false);
  });

  it("changes nothing when it comes twice", () => {
    const page = { messages: range(1, 10), has_more: false };
    const once = withPage(log({ messages: range(11, 12), hasMore: true }), 11, page);
    expect(withPage(once, 11, page)).toBe(once);
  });
});

describe("a message of one's own", () => {
  it("is not shown twice when its event overtakes its acknowledgement", () => {
    const waiting = log({
      messages: [message(1)],
      pending: [pending("r1", "hello", 1), pending("r2", "hello", 1)],
    });
    const heard = withMessage(waiting, message(2, "me", "hello"));
    expect(visiblePending(heard, "person_me").map((p) => p.requestId)).toEqual(["r2"]);
  });

  it("is not taken for the same words said earlier, or by somebody else", () => {
    const waiting = log({
      messages: [message(1, "me", "hello"), message(2, "ana", "hello")],
      pending: [pending("r1", "hello", 1)],
    });
    expect(visiblePending(waiting, "person_me")).toHaveLength(1);
  });

  it("can fail, be tried again and be discarded", () => {
    const failed = withFailure(withPending(EMPTY_LOG, pending("r1", "x")), "r1", true);
    expect(failed.pending[0]?.isFailed).toBe(true);
    expect(withFailure(failed, "r1", false).pending[0]?.isFailed).toBe(false);
    expect(withoutPending(failed, "r1").pending).toHaveLength(0);
  });
});

it("counts as unread what others wrote after the last one read", () => {
  const chat = log({ messages: [message(1), message(2), message(3, "me"), message(4)] });
  expect(unreadCount(chat, 1, "person_me")).toBe(2);
  expect(unreadCount(chat, 4, "person_me")).toBe(0);
  expect(unreadCount(chat, 0, "person_me")).toBe(3);
});
