import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Requester } from "../../src/connection/requester";
import { MediaLink } from "../../src/media/mediaLink";
import { FakeDevice } from "../support/fakeDevice";

const FRESH = [{ urls: ["turn:turn.example.org"], username: "2:p", credential: "fresh" }];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A link whose transports write down, by id, what they are told. */
async function setUp({ canSend = false, onDoubt = () => {} } = {}) {
  const device = new FakeDevice();
  let made = 0;
  const requests = {
    request: async (name: string) =>
      name === "media_ice_restart"
        ? { ice_parameters: { usernameFragment: "new" }, ice_servers: FRESH }
        : { transport: { id: `tr_${++made}`, iceServers: [] }, consumers: [] },
  } as unknown as Requester;
  const link = new MediaLink({
    device: device.asDevice,
    requests,
    canSend,
    mayProducePaused: () => true,
    onTracks: () => undefined,
    onSlots: () => undefined,
    onReady: () => undefined,
    onRefused: () => undefined,
    onDoubt,
    onBroken: (error) => {
      throw error;
    },
  });
  await vi.advanceTimersByTimeAsync(0);
  const told: [string, unknown][] = [];
  for (const transport of device.transports) {
    const tell = async (what: unknown) => void told.push([transport.id, what]);
    Object.assign(transport, { updateIceServers: tell, restartIce: tell });
  }
  return { link, told, transports: device.transports };
}

it("looks for another way with fresh relay credentials: the former ones may have expired", async () => {
  const { link, told, transports } = await setUp();
  transports[0]?.emit("connectionstatechange", "failed");
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([
    ["tr_1", { iceServers: FRESH }],
    ["tr_1", { iceParameters: { usernameFragment: "new" } }],
  ]);
  link.close();
});

it("looks for another way for both directions when nothing comes any more", async () => {
  const onDoubt = vi.fn();
  const { link, told, transports } = await setUp({ canSend: true, onDoubt });
  for (const transport of transports) {
    Object.assign(transport, { getStats: async () => new Map() });
    transport.emit("connectionstatechange", "connected");
  }
  await vi.advanceTimersByTimeAsync(1_600);
  expect([onDoubt.mock.calls.length, told.length]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(500);
  expect(new Set(told.map(([id]) => id))).toEqual(new Set(["tr_1", "tr_2"]));
  link.close();
});
