import { expect, it, vi } from "vitest";
import type { Requester } from "../../src/connection/requester";
import { MediaLink } from "../../src/media/mediaLink";
import { FakeDevice } from "../support/fakeDevice";

const FRESH = [{ urls: ["turn:turn.example.org"], username: "2:p", credential: "fresh" }];

it("looks for another way with fresh relay credentials: the former ones may have expired", async () => {
  const device = new FakeDevice();
  const requests = {
    request: async (name: string) =>
      name === "media_ice_restart"
        ? { ice_parameters: { usernameFragment: "new" }, ice_servers: FRESH }
        : { transport: { id: "tr_1", iceServers: [] }, consumers: [] },
  } as unknown as Requester;
  const link = new MediaLink({
    device: device.asDevice,
    requests,
    canSend: false,
    mayProducePaused: () => true,
    onTracks: () => undefined,
    onSlots: () => undefined,
    onReady: () => undefined,
    onRefused: () => undefined,
    onBroken: (error) => {
      throw error;
    },
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
