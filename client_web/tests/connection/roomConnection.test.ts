import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ConnectionState, RoomConnection } from "../../src/connection/roomConnection";
import type { Joined, Notice, RoomEvent } from "../../src/protocol/generated";
import { FakeSocket } from "../support/fakeSocket";
import { joined } from "../support/room";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const socket = new FakeSocket();
  const states: ConnectionState[] = [];
  const heard: (Joined | RoomEvent | Notice)[] = [];
  const seen = {
    point: null as { meeting_id: string; last_seq: number } | null,
    isOnline: true,
    hasGap: false,
  };
  const connection = new RoomConnection({
    slug: "lounge",
    createSocket: socket.create,
    isOnline: () => seen.isOnline,
    handlers: {
      onState: (state) => void states.push(state),
      onJoined: (answer) => void heard.push(answer),
      onRoomEvent: (event) => {
        if (seen.hasGap) throw new Error("gap");
        heard.push(event);
      },
      onNotice: (notice) => void heard.push(notice),
      resumePoint: () => seen.point,
    },
  });
  connection.open();
  const kind = () => states.at(-1)?.kind;
  /** Connect, and let the server say yes to room_join. */
  const enter = async (answer = joined()) => {
    socket.accept();
    socket.last("room_join").ack({ ok: answer });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { socket, states, heard, seen, connection, kind, enter };
}

const reset = (seq: number): RoomEvent => ({ type: "media_reset", seq, epoch: 2, is_available: true });

it("connects at the door without entering", () => {
  const { socket, kind } = setUp();
  socket.accept();
  expect(kind()).toBe("connected");
  expect(socket.sent).toHaveLength(0);
});

it("enters at once when it is connected already", async () => {
  const { socket, connection, heard } = setUp();
  socket.accept();
  connection.join("person_me");
  const { fields, ack } = socket.last("room_join");
  expect(fields).toMatchObject({ slug: "lounge", endpoint_id: connection.endpointId, protocol_version: 1 });
  expect(fields.person_id).toBe("person_me");
  ack({ ok: joined() });
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([joined()]);
});

it("keeps its endpoint and says what it has seen when it comes back", async () => {
  const { socket, connection, seen, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  const first = socket.last("room_join").fields;
  seen.point = { meeting_id: "meeting_1", last_seq: 9 };
  socket.break();
  expect(kind()).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(1_000);
  await enter(joined({ snapshot: null, missed: [] }));
  const second = socket.last("room_join").fields;
  expect(second).toMatchObject({ endpoint_id: first.endpoint_id, meeting_id: "meeting_1", last_seq: 9 });
  expect(second.request_id).not.toBe(first.request_id);
  expect(kind()).toBe("connected");
});

it("stays away, and says why, when somebody else has signed in", async () => {
  const { socket, connection, states, kind } = setUp();
  connection.join("person_me");
  socket.accept();
  socket.last("room_join").ack({ error: { code: "other_person", text: "" } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kind()).toBe("closed");
  expect(states.at(-1)).toMatchObject({ problem: { code: "other_person" } });
  expect(socket.attempts).toBe(1);
});

it("comes back when its session has ended: the same person may have a new one", async () => {
  const { socket, connection, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  const notice = { code: "not_signed_in", text: "", should_reconnect: true };
  socket.emit({ type: "connection_closing", ...notice } as { type: string });
  socket.break();
  await vi.advanceTimersByTimeAsync(1_000);
  await enter();
  expect(kind()).toBe("connected");
});

it("waits longer after each failed try", async () => {
  const { socket, connection, enter } = setUp();
  connection.join("person_me");
  await enter();
  socket.break();
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = { at: Date.now(), attempts: socket.attempts };
    while (socket.attempts === before.attempts) await vi.advanceTimersByTimeAsync(50);
    waits.push(Date.now() - before.at);
    socket.handlers.onRefused(null, "refused");
  }
  expect(waits[4]).toBeGreaterThan((waits[0] ?? 0) * 3);
});

it("tries at once when the network is back, without a second try on top", async () => {
  const { socket, connection, enter, seen, kind } = setUp();
  connection.join("person_me");
  await enter();
  seen.isOnline = false;
  connection.onOffline();
  expect(kind()).toBe("offline");
  seen.isOnline = true;
  const before = socket.attempts;
  connection.retryNow();
  expect(socket.attempts).toBe(before + 1);
  await enter(joined({ snapshot: null, missed: [] }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.attempts).toBe(before + 1);
  expect(kind()).toBe("connected");
});

it("delivers events that overtake the answer to room_join after it", async () => {
  const { socket, connection, heard } = setUp();
  connection.join("person_me");
  socket.accept();
  socket.emit(reset(6));
  expect(heard).toHaveLength(0);
  socket.last("room_join").ack({ ok: joined() });
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([joined(), reset(6)]);
});

it("enters again when an event is missing", async () => {
  const { socket, connection, enter, seen, kind } = setUp();
  connection.join("person_me");
  await enter();
  seen.hasGap = true;
  socket.emit(reset(99));
  expect(socket.isConnected).toBe(false);
  seen.hasGap = false;
  await vi.advanceTimersByTimeAsync(1_000);
  await enter();
  expect(kind()).toBe("connected");
});

it("ignores the answer to a room_join of a connection that is gone", async () => {
  const { socket, connection, heard, enter } = setUp();
  connection.join("person_me");
  socket.accept();
  const late = socket.last("room_join");
  socket.break();
  await vi.advanceTimersByTimeAsync(1_000);
  await enter();
  late.ack({ ok: joined() });
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toHaveLength(1);
});

it("holds requests back while it is away, then sends them", async () => {
  const { socket, connection, enter } = setUp();
  connection.join("person_me");
  await enter();
  socket.break();
  const reply = connection.requests.request("chat_send", { text: "still here" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.named("chat_send")).toHaveLength(0);
  await enter(joined({ snapshot: null, missed: [] }));
  await vi.advanceTimersByTimeAsync(0);
  socket.last("chat_send").ack({ ok: { message: "m" } });
  await expect(reply).resolves.toEqual({ message: "m" });
});

it("drops a connection on which nothing comes back, and sends the request again on the next", async () => {
  const { socket, connection, enter } = setUp();
  connection.join("person_me");
  await enter();
  const reply = connection.requests.request("chat_send", { text: "x" });
  await vi.advanceTimersByTimeAsync(0);
  const first = socket.last("chat_send").fields;
  await vi.advanceTimersByTimeAsync(7_500);
  expect(socket.attempts).toBeGreaterThan(1);
  await enter(joined({ snapshot: null, missed: [] }));
  await vi.advanceTimersByTimeAsync(0);
  const second = socket.last("chat_send");
  expect(second.fields.request_id).toBe(first.request_id);
  second.ack({ ok: {} });
  await reply;
});

it("does not take a slow server for a dead connection", async () => {
  const { socket, connection, enter } = setUp();
  connection.join("person_me");
  await enter();
  void connection.requests.request("chat_send", { text: "x" }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(3_000);
  socket.emit({ type: "chat_typing" });
  await vi.advanceTimersByTimeAsync(4_000);
  expect(socket.isConnected).toBe(true);
});

it.each([
  ["not_signed_in", "closed"],
  ["not_found", "closed"],
  ["version_mismatch", "closed"],
  ["internal_error", "connecting"],
])("after room_join was refused with %s it is %s", async (code, kind) => {
  const { socket, connection, states } = setUp();
  connection.join("person_me");
  socket.accept();
  socket.last("room_join").ack({ error: { code, text: "" } });
  await vi.advanceTimersByTimeAsync(0);
  expect(states.at(-1)).toMatchObject({ kind, problem: { code } });
});

it("waits as long as the server says after coming in too often, and then comes back by itself", async () => {
  const { socket, connection, states, enter, kind } = setUp();
  connection.join("person_me");
  socket.accept();
  socket.last("room_join").ack({ error: { code: "too_many", text: "", retry_after_s: 30 } });
  await vi.advanceTimersByTimeAsync(29_900);
  expect(states.at(-1)).toMatchObject({ kind: "connecting", problem: { code: "too_many" } });
  expect(socket.attempts).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.attempts).toBe(2);
  await enter();
  expect(kind()).toBe("connected");
});

it("does not come back when the handshake says that nobody is signed in", async () => {
  const { socket, states } = setUp();
  socket.handlers.onRefused("not_signed_in", "");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.attempts).toBe(1);
  expect(states.at(-1)).toMatchObject({ kind: "closed", problem: { code: "not_signed_in" } });
});

it("says that the server restarts, and comes back", async () => {
  const { socket, connection, states, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  const closing = { type: "connection_closing", code: "server_stopping", text: "", should_reconnect: true };
  socket.emit(closing);
  socket.break();
  expect(states.at(-1)).toEqual({ kind: "reconnecting", isServerStopping: true });
  await vi.advanceTimersByTimeAsync(5_000);
  await enter();
  expect(kind()).toBe("connected");
});

it("stays away when the server says so", async () => {
  const { socket, connection, states, enter } = setUp();
  connection.join("person_me");
  await enter();
  socket.emit({
    type: "connection_closing",
    code: "link_invalid",
    text: "",
    should_reconnect: false,
  } as Notice);
  expect(states.at(-1)).toMatchObject({ kind: "closed", problem: { code: "link_invalid" } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.attempts).toBe(1);
});

it("lets the server hear the good-bye before it hangs up", async () => {
  const { socket, connection, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  connection.leave();
  expect(kind()).toBe("closed");
  expect(socket.isConnected).toBe(true);
  socket.last("room_leave").ack({ ok: {} });
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.isConnected).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.attempts).toBe(1);
});

it("leaves also when it was only just entering, and then hears nothing more", async () => {
  const { socket, connection, heard } = setUp();
  connection.join("person_me");
  socket.accept();
  connection.leave();
  socket.last("room_join").ack({ ok: joined() });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(socket.named("room_leave")).toHaveLength(1);
  expect(heard).toHaveLength(0);
  expect(socket.isConnected).toBe(false);
});

it("survives a connection that comes and goes", async () => {
  const { socket, connection, kind, enter } = setUp();
  connection.join("person_me");
  for (let round = 0; round < 20; round++) {
    socket.accept();
    await vi.advanceTimersByTimeAsync(10);
    socket.break();
    const { attempts } = socket;
    while (socket.attempts === attempts) await vi.advanceTimersByTimeAsync(100);
  }
  await enter();
  expect(kind()).toBe("connected");
  const { attempts } = socket;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.attempts).toBe(attempts);
});

it("comes back at once when the network is another and nothing answers any more", async () => {
  const { socket, connection, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  void connection.checkAtOnce();
  await vi.advanceTimersByTimeAsync(499);
  expect([kind(), socket.attempts]).toEqual(["connected", 1]);
  await vi.advanceTimersByTimeAsync(1);
  expect([kind(), socket.attempts]).toEqual(["reconnecting", 2]);
});

it("stays when anything at all is heard in haste", async () => {
  const { socket, connection, enter, kind } = setUp();
  connection.join("person_me");
  await enter();
  void connection.checkAtOnce();
  socket.emit(reset(1));
  await vi.advanceTimersByTimeAsync(5_000);
  expect([kind(), socket.attempts]).toEqual(["connected", 1]);
});
