import { expect, it } from "vitest";
import { AudioSlots, type SlotTrack } from "../../src/media/audioSlots";
import type { TrackConsumer } from "../../src/media/subscriptions";
import { Problem } from "../../src/shared/problem";
import { FakeTrack } from "../support/fakeMedia";

const settled = () => new Promise((resolve) => setTimeout(resolve));

function setUp(code: string | null = null) {
  const asked: unknown[] = [];
  const consumers: { id: string; closed: boolean }[] = [];
  const seen = { tracks: [] as readonly SlotTrack[], broken: 0 };
  const slots = new AudioSlots({
    requests: {
      request: async (name: string, fields: unknown) => {
        asked.push([name, fields]);
        if (code !== null) throw new Problem(code as never);
        return { consumers: [0, 1, 2, 3].map((slot) => ({ id: `c${slot}` })) } as never;
      },
    } as never,
    transportId: async () => "recv_1",
    consume: async ({ id }) => {
      const consumer = { id, closed: false };
      consumers.push(consumer);
      return {
        id,
        track: new FakeTrack("audio"),
        rtpReceiver: undefined,
        close: () => {
          consumer.closed = true;
        },
      } as unknown as TrackConsumer;
    },
    onTracks: (tracks) => {
      seen.tracks = tracks;
    },
    onBroken: () => void seen.broken++,
  });
  return { slots, asked, consumers, seen };
}

it("asks once, and gives a track for each slot", async () => {
  const { asked, seen } = setUp();
  await settled();
  expect(asked).toEqual([["media_audio_slots", { transport_id: "recv_1" }]]);
  expect(seen.tracks).toHaveLength(4);
});

it("leaves nothing open when it is closed, also in the middle of opening", async () => {
  for (const isEarly of [true, false]) {
    const { slots, consumers, seen } = setUp();
    if (!isEarly) await settled();
    slots.close();
    await settled();
    expect(consumers.every(({ closed }) => closed)).toBe(true);
    expect(seen.broken).toBe(0);
    if (isEarly) expect(seen.tracks).toEqual([]);
  }
});

it("takes the transport for broken when it cannot be had", async () => {
  const { seen } = setUp("not_found");
  await settled();
  expect(seen.broken).toBe(1);
});

it("lets a browser be that cannot play sound", async () => {
  const { seen } = setUp("cannot_consume");
  await settled();
  expect(seen.broken).toBe(0);
});
