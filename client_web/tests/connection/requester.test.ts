import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asMessage, type Link, type Outcome, Requester } from "../../src/connection/requester";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers with what is in `outcomes`, in turn. */
function linkWith(...outcomes: Outcome[]) {
  const sent: Record<string, unknown>[] = [];
  const link: Link = {
    send: async (_name, fields) => {
      sent.push(fields as Record<string, unknown>);
      return outcomes.shift() ?? { ok: {} };
    },
    tell: (_name, fields) => void sent.push(fields as Record<string, unknown>),
  };
  return { link, sent };
}

it("holds a request back until the room is joined", async () => {
  const { link, sent } = linkWith({ ok: { message: 1 } });
  const requester = new Requester(link);
  const reply = requester.request("chat_send", { text: "hello" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sent).toHaveLength(0);
  requester.open();
  await expect(reply).resolves.toEqual({ message: 1 });
  expect(sent).toHaveLength(1);
});

it("sends a request whose answer was lost again, with the same request_id", async () => {
  const { link, sent } = linkWith("lost", "lost", { ok: { message: 1 } });
  const requester = new Requester(link);
  requester.open();
  await requester.request("chat_send", { text: "hello" });
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map((fields) => fields.request_id)).size).toBe(1);
});

it("waits for the connection to come back before it sends again", async () => {
  const sent: unknown[] = [];
  const requester: Requester = new Requester({
    send: async (_name, fields) => {
      sent.push(fields);
      if (sent.length > 1) return { ok: {} };
      requester.pause();
      return "lost";
    },
    tell: () => undefined,
  });
  requester.open();
  const reply = requester.request("chat_read", { up_to: 3 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent).toHaveLength(1);
  requester.open();
  await reply;
  expect(sent).toHaveLength(2);
});

it("fails at once when the server says no", async () => {
  const { link, sent } = linkWith({ error: { code: "forbidden", text: "" } });
  const requester = new Requester(link);
  requester.open();
  await expect(requester.request("chat_send", { text: "x" })).rejects.toMatchObject({ code: "forbidden" });
  expect(sent).toHaveLength(1);
});

it("tries later what the server has no time for now", async () => {
  const { link, sent } = linkWith({ error: { code: "too_many", text: "" } }, { ok: {} });
  const requester = new Requester(link);
  requester.open();
  const reply = requester.request("chat_send", { text: "x" });
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  await reply;
  expect(sent[1]?.request_id).toBe(sent[0]?.request_id);
});

it("fails at its deadline when no connection comes", async () => {
  const requester = new Requester(linkWith().link);
  const reply = expect(
    requester.request("chat_send", { text: "x" }, { deadlineMs: 5_000 }),
  ).rejects.toMatchObject({ code: "timed_out" });
  await vi.advanceTimersByTimeAsync(5_001);
  await reply;
});

it("fails what waits when it is closed, and what is asked after", async () => {
  const { Problem } = await import("../../src/shared/problem");
  const requester = new Requester(linkWith().link);
  const waiting = expect(requester.request("chat_send", { text: "x" })).rejects.toMatchObject({
    code: "not_signed_in",
  });
  requester.close(new Problem("not_signed_in"));
  await waiting;
  await expect(requester.request("chat_send", { text: "y" })).rejects.toMatchObject({
    code: "not_signed_in",
  });
});

it("stops waiting when nobody wants the answer any more", async () => {
  const { link, sent } = linkWith();
  const requester = new Requester(link);
  const end = new AbortController();
  const reply = expect(
    requester.request("media_consume", { transport_id: "t", producer_id: "p" }, { signal: end.signal }),
  ).rejects.toMatchObject({ code: "timed_out" });
  end.abort();
  await reply;
  requester.open();
  expect(sent).toHaveLength(0);
});

it("drops what matters only now while there is no connection", () => {
  const { link, sent } = linkWith();
  const requester = new Requester(link);
  requester.tell("chat_typing", { is_typing: true });
  expect(sent).toHaveLength(0);
  requester.open();
  requester.tell("chat_typing", { is_typing: true });
  expect(sent).toEqual([{ is_typing: true }]);
});

it("gives only mutations an id, and leaves out what is undefined", () => {
  expect(asMessage("chat_page", { before: 4, limit: undefined })).toStrictEqual({ before: 4 });
  expect(asMessage("chat_send", { text: "x" }, "r1")).toEqual({ request_id: "r1", text: "x" });
  const nested = asMessage("media_consume", { list: [{ a: undefined, b: null }] }, "r2");
  expect(nested).toStrictEqual({ request_id: "r2", list: [{ b: null }] });
});
