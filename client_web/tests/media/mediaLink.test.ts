import { afterEach, expect, it, vi } from "vitest";
import type { Requester } from "../../src/connection/requester";
import { MediaLink } from "../../src/media/mediaLink";
import { FakeDevice } from "../support/fakeDevice";

/** By then a restart has helped, or does not. */
const RESTART_MS = 6_000;
const FRESH = [{ urls: ["turn:turn.example.org"], username: "2:p", credential: "fresh" }];

afterEach(() => void vi.useRealTimers());

function openLink(device: FakeDevice, onBroken: (error: unknown) => void): MediaLink {
  const requests = {
    request: async (name: string) =>
      name === "media_ice_restart"
        ? { ice_parameters: { usernameFragment: "new" }, ice_servers: FRESH }
        : { transport: { id: "tr_1", iceServers: [] }, consumers: [] },
  } as unknown as Requester;
  return new MediaLink({
    device: device.asDevice,
    requests,
    canSend: false,
    mayProducePaused: () => true,
    onTracks: () => undefined,
    onSlots: () => undefined,
    onReady: () => undefined,
    onRefused: () => undefined,
    onBroken,
  });
}

it("looks for another way with fresh relay credentials: the former ones may have expired", async () => {
  const device = new FakeDevice();
  const link = openLink(device, (error) => {
    throw error;
  });
  const transport = await vi.waitUntil(() => device.transports[0]);
  const told: unknown[] = [];
  const tell = async (what: unknown) => void told.push(what);
  Object.assign(transport, { updateIceServers: tell, restartIce: tell });
  transport.emit("connectionstatechange", "failed");
  await vi.waitUntil(() => told.length === 2);
  expect(told).toEqual([{ iceServers: FRESH }, { iceParameters: { usernameFragment: "new" } }]);
  link.close();
});

it.each(["disconnected", "failed", "connecting"])("gives up a restart that ends %s", async (state) => {
  vi.useFakeTimers();
  const device = new FakeDevice();
  const onBroken = vi.fn();
  const link = openLink(device, onBroken);
  const transport = await vi.waitUntil(() => device.transports[0]);
  const restartIce = vi.fn();
  Object.assign(transport, { updateIceServers: async () => undefined, restartIce });
  transport.emit("connectionstatechange", "failed");
  await vi.waitUntil(() => restartIce.mock.calls.length > 0);
  transport.emit("connectionstatechange", state);
  await vi.advanceTimersByTimeAsync(RESTART_MS);
  expect(onBroken).toHaveBeenCalledOnce();
  link.close();
});

it("keeps a link whose restart has helped", async () => {
  vi.useFakeTimers();
  const device = new FakeDevice();
  const onBroken = vi.fn();
  const link = openLink(device, onBroken);
  const transport = await vi.waitUntil(() => device.transports[0]);
  const restartIce = vi.fn();
  Object.assign(transport, { updateIceServers: async () => undefined, restartIce });
  transport.emit("connectionstatechange", "failed");
  await vi.waitUntil(() => restartIce.mock.calls.length > 0);
  transport.emit("connectionstatechange", "connected");
  await vi.advanceTimersByTimeAsync(RESTART_MS);
  expect(onBroken).not.toHaveBeenCalled();
  link.close();
});
