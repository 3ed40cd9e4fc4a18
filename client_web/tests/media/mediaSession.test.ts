import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Requester } from "../../src/connection/requester";
import type { SlotTrack } from "../../src/media/audioSlots";
import { MediaSession, type RoomMedia } from "../../src/media/mediaSession";
import { pictureId, type View } from "../../src/media/picture";
import type { ReceivedTrack } from "../../src/media/subscriptions";
import type { Participant } from "../../src/protocol/generated";
import { Problem } from "../../src/shared/problem";
import { FakeDevice } from "../support/fakeDevice";
import { FakeTrack } from "../support/fakeMedia";
import { participant, producer } from "../support/room";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ana = participant("ana", {
  producers: [producer("ana_mic", "microphone"), producer("ana_cam", "camera")],
});

function setUp() {
  const device = new FakeDevice();
  const asked: { name: string; fields: Record<string, unknown> }[] = [];
  const refused = new Map<string, string>();
  let lastId = 0;
  const reply = (name: string, fields: Record<string, unknown>) => {
    const id = `${name}_${++lastId}`;
    if (name === "media_transport_create") return { transport: { id } };
    if (name === "media_produce") return { producer_id: `own_${fields.source}` };
    if (name === "media_consume") {
      return { consumer: { id, producerId: fields.producer_id, kind: "audio", rtpParameters: {} } };
    }
    if (name === "media_audio_slots") {
      const slot = (number: number) => ({
        id: `${id}_${number}`,
        producerId: `slot${number}`,
        kind: "audio",
      });
      return { consumers: [0, 1, 2, 3].map(slot) };
    }
    return {};
  };
  const requests = {
    request: async (name: string, fields: Record<string, unknown>) => {
      asked.push({ name, fields });
      const code = refused.get(name);
      if (code !== undefined) throw new Problem(code as never);
      return reply(name, fields);
    },
  } as unknown as Requester;
  const seen = {
    tracks: [] as readonly ReceivedTrack[],
    slots: [] as readonly SlotTrack[],
    statuses: [] as string[],
    replaced: [] as string[],
    refused: [] as string[],
    elsewhere: [] as readonly string[],
  };
  const session = new MediaSession({
    requests,
    loadDevice: async () => device.asDevice,
    onTracks: (tracks) => {
      seen.tracks = tracks;
    },
    onSlots: (slots) => {
      seen.slots = slots;
    },
    onStatus: (status) => void seen.statuses.push(status),
    onReplaced: (source) => void seen.replaced.push(source),
    onRefused: (source) => void seen.refused.push(source),
    onElsewhere: (sources) => {
      seen.elsewhere = sources;
    },
    onDoubt: () => undefined,
    onBlocked: () => undefined,
    onUnsupported: (error) => {
      throw error;
    },
  });
  session.setView({ pictures: visible("ana") });
  const names = () => asked.map(({ name }) => name);
  const count = (name: string) => names().filter((other) => other === name).length;
  const settled = () => vi.advanceTimersByTimeAsync(1);
  return { device, asked, refused, seen, session, count, settled };
}

/** Everybody's cameras, shown large enough for the largest layer. */
const visible = (...ids: string[]): View["pictures"] =>
  new Map(ids.map((id) => [pictureId(id, "camera"), { maxLayer: 2, isLarge: false }]));

const room = (
  others: Participant[] = [ana],
  change: Partial<RoomMedia> = {},
  own: Partial<Participant> = {},
) => ({
  meetingId: "meeting_1",
  media: { epoch: 1, is_available: true },
  participants: [participant("me", own), ...others],
  ownId: "me",
  canSend: true,
  ...change,
});

const speaking = () => ({ track: new FakeTrack("audio") as unknown as MediaStreamTrack, isPaused: false });

it("receives every picture of others, nothing of oneself, and the room's sound in its slots", async () => {
  const { session, seen, settled, count, asked } = setUp();
  session.start(room([ana], {}, { producers: [producer("other_tab", "camera")] }));
  await settled();
  expect(seen.tracks.map(({ producerId }) => producerId)).toEqual(["ana_cam"]);
  expect(count("media_consumer_update")).toBe(1);
  expect(asked.find(({ fields }) => fields.producer_id === "other_tab")).toBeUndefined();
  expect(count("media_audio_slots")).toBe(1);
  expect(seen.slots).toHaveLength(4);
  expect(seen.statuses.at(-1)).toBe("connected");
});

it("asks for all tracks at once, without waiting for one after the other", async () => {
  const { session, asked, settled } = setUp();
  const others = Array.from({ length: 24 }, (_, i) =>
    participant(`p${i}`, { producers: [producer(`c${i}`, "camera")] }),
  );
  session.setView({ pictures: visible(...others.map((other) => other.participant_id)) });
  session.start(room(others));
  await settled();
  const order = asked.map(({ name }) => name);
  expect(order.filter((name) => name === "media_consume")).toHaveLength(24);
  expect(order.lastIndexOf("media_consume") - order.indexOf("media_consume")).toBe(23);
});

it("stops receiving what is gone", async () => {
  const { session, seen, settled, device } = setUp();
  session.start(room());
  await settled();
  session.update(room([]));
  await settled();
  expect(seen.tracks).toEqual([]);
  const pictures = device.transports
    .flatMap(({ consumed }) => consumed)
    .filter(({ producerId }) => producerId === "ana_cam");
  expect(pictures.map(({ closed }) => closed)).toEqual([true]);
  expect(seen.slots).toHaveLength(4);
});

it("sends what was switched on before the transports were there", async () => {
  const { session, asked, settled } = setUp();
  session.send("microphone", speaking());
  session.start(room());
  await settled();
  expect(asked.find(({ name }) => name === "media_produce")?.fields).toMatchObject({
    source: "microphone",
    is_paused: false,
  });
});

it("makes no transport to send over for somebody who may only listen", async () => {
  const { session, asked, settled } = setUp();
  session.send("microphone", speaking());
  session.start(room([ana], { canSend: false }));
  await settled();
  const directions = asked
    .filter(({ name }) => name === "media_transport_create")
    .map(({ fields }) => fields.direction);
  expect(directions).toEqual(["recv"]);
});

it("rebuilds everything after the worker was replaced, muted as before", async () => {
  const { session, seen, settled, asked, device } = setUp();
  const microphone = { ...speaking(), isPaused: true };
  session.send("microphone", microphone);
  session.start(room());
  await settled();
  session.update(room([], { media: { epoch: 1, is_available: false } }));
  await settled();
  expect(device.open).toHaveLength(0);
  expect(seen.slots).toEqual([]);
  expect(seen.statuses.at(-1)).toBe("waiting");
  session.update(room([ana], { media: { epoch: 2, is_available: true } }));
  await settled();
  expect(device.open).toHaveLength(2);
  expect(seen.tracks).toHaveLength(1);
  expect(seen.slots).toHaveLength(4);
  const produced = asked.filter(({ name }) => name === "media_produce").map(({ fields }) => fields.is_paused);
  expect(produced).toEqual([true, true]);
});

it("rebuilds after the server was restarted, although epochs begin again", async () => {
  const { session, settled, count } = setUp();
  session.start(room());
  await settled();
  session.start(room([ana], { meetingId: "meeting_2" }));
  await settled();
  expect(count("media_transport_create")).toBe(4);
});

it("tries again when transports are refused, with nobody to receive", async () => {
  const { session, settled, refused, device, seen } = setUp();
  refused.set("media_transport_create", "media_unavailable");
  session.start(room([]));
  await settled();
  expect(seen.statuses.at(-1)).toBe("rebuilding");
  refused.clear();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(device.open).toHaveLength(2);
  expect(seen.statuses.at(-1)).toBe("connected");
});

it("rebuilds when a transport fails, and keeps its distance when that happens again and again", async () => {
  const { session, settled, device, count } = setUp();
  session.start(room());
  await settled();
  device.open[0]?.emit("connectionstatechange", "failed");
  await settled();
  expect(device.open).toHaveLength(2);
  const before = count("media_transport_create");
  for (let round = 0; round < 20; round++) {
    device.open[0]?.emit("connectionstatechange", "failed");
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(count("media_transport_create") - before).toBeLessThan(10);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(device.open).toHaveLength(2);
});

it("rebuilds when the server has closed one of its transports, not somebody else's", async () => {
  const { session, settled, device, count } = setUp();
  session.start(room());
  await settled();
  session.onTransportClosed("another");
  await settled();
  expect(count("media_transport_create")).toBe(2);
  session.onTransportClosed(device.open[0]?.id ?? "");
  await settled();
  expect(count("media_transport_create")).toBe(4);
});

it("does not wait for ICE to give up when the connection is back and packets are not", async () => {
  const { session, settled, device, count } = setUp();
  session.start(room());
  await settled();
  session.onReconnected(true);
  await settled();
  expect(count("media_transport_create")).toBe(2);
  device.open[0]?.emit("connectionstatechange", "disconnected");
  session.onReconnected(true);
  await settled();
  expect(count("media_transport_create")).toBe(4);
});

it("makes its transports anew when the server has not kept its place, once", async () => {
  const { session, settled, count } = setUp();
  session.start(room());
  await settled();
  session.onReconnected(false);
  await settled();
  expect(count("media_transport_create")).toBe(4);
  session.start(room([ana], { media: { epoch: 2, is_available: true } }));
  session.onReconnected(false);
  await settled();
  expect(count("media_transport_create")).toBe(6);
});

it("rebuilds when the room took this page for gone and let it in again", async () => {
  const { session, settled, count } = setUp();
  session.start(room());
  await settled();
  session.update(room([ana], {}, { joined_at: 9_000 }));
  await settled();
  expect(count("media_transport_create")).toBe(4);
});

it("says that another tab sends now, told by a notice", async () => {
  const { session, settled, seen } = setUp();
  session.send("microphone", speaking());
  session.start(room());
  await settled();
  session.onProducerClosed("own_microphone");
  expect(seen.replaced).toEqual(["microphone"]);
});

it("says that another tab sends now, even if the notice was lost", async () => {
  const { session, settled, seen } = setUp();
  session.send("microphone", speaking());
  session.start(room());
  await settled();
  session.update(room([ana], {}, { producers: [producer("older_tab", "microphone")] }));
  expect(seen.replaced).toEqual([]);
  session.update(room([ana], {}, { producers: [producer("own_microphone", "microphone")] }));
  session.update(room([ana], {}, { producers: [producer("newer_tab", "microphone")] }));
  expect(seen.replaced).toEqual(["microphone"]);
});

it("takes a track that cannot be had for gone only until the room has said so", async () => {
  const { session, settled, refused, count } = setUp();
  refused.set("media_consume", "not_found");
  session.start(room());
  await settled();
  session.update(room([]));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(count("media_transport_create")).toBe(2);
});

it("rebuilds when the server does not know its transport any more", async () => {
  const { session, settled, refused, count } = setUp();
  refused.set("media_consume", "not_found");
  session.start(room());
  await settled();
  refused.clear();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(count("media_transport_create")).toBe(4);
});

it("lets a track be that this browser cannot play", async () => {
  const { session, settled, refused, count, seen } = setUp();
  refused.set("media_consume", "cannot_consume");
  session.start(room());
  await settled();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(count("media_transport_create")).toBe(2);
  expect(seen.statuses.at(-1)).toBe("connected");
});

it("leaves nothing open when it is closed, also in the middle of opening", async () => {
  const { session, settled, device } = setUp();
  session.start(room());
  session.close();
  await settled();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(device.open).toHaveLength(0);
});

const muted = () => ({ ...speaking(), isPaused: true });

it("does not send a muted microphone again once another tab has taken over, even while the room lists none", async () => {
  const { session, settled, count, seen } = setUp();
  session.send("microphone", speaking());
  session.start(room());
  await settled();
  session.onProducerClosed("own_microphone");
  session.send("microphone", muted());
  session.update(room());
  await settled();
  expect(seen.replaced).toEqual(["microphone"]);
  expect(count("media_produce")).toBe(1);
  session.send("microphone", speaking());
  await settled();
  expect(count("media_produce")).toBe(2);
});

it("leaves the microphone to the other tab after the worker was replaced", async () => {
  const { session, settled, count } = setUp();
  session.send("microphone", muted());
  session.start(room([], {}, { producers: [producer("other_tab", "microphone")] }));
  await settled();
  session.update(room([], { media: { epoch: 2, is_available: true } }));
  await settled();
  expect(count("media_produce")).toBe(0);
});

it("tells what the others get from another tab, which its own are not", async () => {
  const { session, settled, seen } = setUp();
  session.send("microphone", speaking());
  session.start(room());
  await settled();
  const own = producer("own_microphone", "microphone");
  session.update(room([], {}, { producers: [own] }));
  session.send("microphone", muted());
  expect(seen.elsewhere).toEqual([]);
  session.update(room([], {}, { producers: [producer("other_tab", "microphone")] }));
  expect(seen.elsewhere).toEqual(["microphone"]);
  session.update(room([], {}, { producers: [{ ...producer("other_tab", "microphone"), is_paused: true }] }));
  expect(seen.elsewhere).toEqual([]);
});

const cam = (id: string) => participant(id, { producers: [producer(`${id}_cam`, "camera")] });
const large = (id: string, source: "camera" | "screen" = "camera"): View["pictures"] =>
  new Map([[pictureId(id, source), { maxLayer: 0, isLarge: true }]]);

it("receives only the pictures that can be seen, and pauses those that cannot any more", async () => {
  const { session, seen, settled, asked } = setUp();
  session.start(room([cam("ana"), cam("ben")]));
  await settled();
  expect(seen.tracks.map(({ participantId }) => participantId)).toEqual(["ana"]);
  session.setView({ pictures: visible("ben") });
  await settled();
  expect(seen.tracks.map(({ participantId }) => participantId)).toEqual(["ben"]);
  const [first] = asked.filter(({ name }) => name === "media_consumer_update");
  const told = asked.filter(({ fields }) => fields.consumer_id === first?.fields.consumer_id);
  expect(told.map(({ fields }) => fields.is_paused)).toEqual([false, true]);
  session.setView({ pictures: visible("ana") });
  await settled();
  expect(seen.tracks.map(({ participantId }) => participantId)).toEqual(["ana"]);
  expect(asked.filter(({ name }) => name === "media_consume")).toHaveLength(2);
});

it("closes pictures that went out of sight when many others have gone after them", async () => {
  const { session, settled, asked, device, count } = setUp();
  const others = Array.from({ length: 20 }, (_, i) => cam(`p${i}`));
  session.start(room(others));
  for (const { participant_id } of others) {
    session.setView({ pictures: visible(participant_id) });
    await settled();
  }
  const open = device.open
    .flatMap(({ consumed }) => consumed)
    .filter(({ closed, producerId }) => !closed && !producerId.startsWith("slot"));
  expect(open.map(({ producerId }) => producerId)).toEqual(
    others.slice(7).map((p) => `${p.participant_id}_cam`),
  );
  expect(count("media_consumer_close")).toBe(7);
  session.setView({ pictures: visible("p0") });
  await settled();
  expect(asked.filter(({ fields }) => fields.producer_id === "p0_cam")).toHaveLength(2);
});

it("tells how large a picture is shown, once", async () => {
  const { session, settled, asked } = setUp();
  session.start(room([cam("ana")]));
  await settled();
  session.setView({ pictures: large("ana") });
  session.setView({ pictures: large("ana") });
  session.update(room([cam("ana"), cam("ben")]));
  await settled();
  const told = asked.filter(({ name }) => name === "media_consumer_update").map(({ fields }) => fields);
  expect(told).toMatchObject([
    { is_paused: false, max_layer: 2, is_large: false },
    { is_paused: false, max_layer: 0, is_large: true },
  ]);
});

it("pauses pictures while the page is hidden, and lets sound go on", async () => {
  const { session, settled, asked } = setUp();
  session.start(room());
  await settled();
  asked.length = 0;
  session.setView({ isVisible: false });
  await settled();
  session.setView({ isVisible: true });
  await settled();
  expect(asked.map(({ fields }) => [fields.max_layer, fields.is_paused])).toEqual([
    [2, true],
    [2, false],
  ]);
});

it("says of a picture that the line is too slow for it, until it is not", async () => {
  const { session, settled, seen, asked } = setUp();
  session.start(room([cam("ana")]));
  await settled();
  const id = asked.find(({ name }) => name === "media_consumer_update")?.fields.consumer_id as string;
  const isDark = () => seen.tracks.map((track) => track.isDark);
  session.onConsumerDark("another's", true);
  expect(isDark()).toEqual([false]);
  session.onConsumerDark(id, true);
  expect(isDark()).toEqual([true]);
  session.onConsumerDark(id, false);
  expect(isDark()).toEqual([false]);
});

it("goes on sharing a screen after the worker was replaced, also while the page is hidden", async () => {
  const { session, settled, asked } = setUp();
  const screen = { track: new FakeTrack("video") as unknown as MediaStreamTrack, isPaused: false };
  session.send("screen", screen);
  session.start(room([]));
  await settled();
  session.setView({ isVisible: false });
  session.update(room([], { media: { epoch: 1, is_available: false } }));
  await settled();
  session.update(room([], { media: { epoch: 2, is_available: true } }));
  await settled();
  const produced = asked.filter(({ name }) => name === "media_produce").map(({ fields }) => fields);
  expect(produced).toMatchObject([
    { source: "screen", is_paused: false },
    { source: "screen", is_paused: false },
  ]);
  expect(asked.filter(({ name }) => name === "media_producer_update")).toEqual([]);
});

it("says that there is no place for a screen, and keeps its transports", async () => {
  const { session, settled, refused, seen, device } = setUp();
  session.start(room([]));
  await settled();
  refused.set("media_produce", "too_many_screens");
  session.send("screen", { track: new FakeTrack("video") as unknown as MediaStreamTrack, isPaused: false });
  await settled();
  expect(seen.refused).toEqual(["screen"]);
  expect(device.transports).toHaveLength(2);
});
