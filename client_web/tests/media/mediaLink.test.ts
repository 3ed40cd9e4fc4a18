import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Requester } from "../../src/connection/requester";
import { MediaLink } from "../../src/media/mediaLink";
import { FakeDevice } from "../support/fakeDevice";

/** By then a restart has helped, or does not. */
const RESTART_MS = 6_000;
const FRESH = [{ urls: ["turn:turn.example.org"], username: "2:p", credential: "fresh" }];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function fail(error?: unknown): void {
  throw error;
}

/** A link whose transports write down, by id, what they are told. */
async function setUp({
  canSend = false,
  onDoubt = () => {},
  onReach = (_direction: string, _isOpen: boolean) => {},
  onBroken = fail,
} = {}) {
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
    onReach,
    onBroken,
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

it("tells which way packets get through, and nothing of one that is not used", async () => {
  const onReach = vi.fn();
  const { link, transports } = await setUp({ canSend: true, onReach });
  for (const state of ["new", "connecting", "connected", "disconnected", "closed"]) {
    transports[0]?.emit("connectionstatechange", state);
  }
  expect(onReach.mock.calls).toEqual([
    ["recv", false],
    ["recv", true],
    ["recv", false],
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

it.each(["disconnected", "failed", "connecting"])("gives up a restart that ends %s", async (state) => {
  const onBroken = vi.fn();
  const { link, transports } = await setUp({ onBroken });
  transports[0]?.emit("connectionstatechange", "failed");
  await vi.advanceTimersByTimeAsync(0);
  transports[0]?.emit("connectionstatechange", state);
  await vi.advanceTimersByTimeAsync(RESTART_MS);
  expect(onBroken).toHaveBeenCalledOnce();
  link.close();
});

describe("a way that closes soon after it was found", () => {
  async function restarted() {
    const made = await setUp();
    const count = { received: 1 };
    Object.assign(made.transports[0] ?? {}, {
      getStats: async () => new Map([["1", { type: "candidate-pair", bytesReceived: count.received }]]),
    });
    made.transports[0]?.emit("connectionstatechange", "connected");
    await vi.advanceTimersByTimeAsync(2_100);
    expect(made.told).toHaveLength(2);
    const hear = async (ms: number) => {
      for (let at = 0; at < ms; at += 500) {
        count.received++;
        await vi.advanceTimersByTimeAsync(500);
      }
    };
    return { ...made, hear };
  }

  it("is left as soon as any other", async () => {
    const { link, told, hear } = await restarted();
    await hear(3_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toHaveLength(4);
    link.close();
  });

  it("is not left all the time", async () => {
    const { link, told, hear } = await restarted();
    await hear(500);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toHaveLength(4);
    link.close();
  });

  it("is given up after a while when nothing comes over it", async () => {
    const { link, told } = await restarted();
    await vi.advanceTimersByTimeAsync(RESTART_MS - 500);
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toHaveLength(4);
    link.close();
  });
});

it("keeps a link whose restart has helped", async () => {
  const onBroken = vi.fn();
  const { link, told, transports } = await setUp({ onBroken });
  transports[0]?.emit("connectionstatechange", "failed");
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toHaveLength(2);
  Object.assign(transports[0] ?? {}, {
    getStats: async () => new Map([["1", { bytesReceived: Date.now() }]]),
  });
  transports[0]?.emit("connectionstatechange", "connected");
  await vi.advanceTimersByTimeAsync(RESTART_MS);
  expect(onBroken).not.toHaveBeenCalled();
  link.close();
});
