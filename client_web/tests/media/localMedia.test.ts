import { beforeEach, expect, it } from "vitest";
import { LocalMedia } from "../../src/media/localMedia";
import { FakeDevices, FakeTrack } from "../support/fakeMedia";
import { fakeMemory } from "../support/memory";

let devices: FakeDevices;
let local: LocalMedia;
let permissions: Map<string, PermissionStatus>;

function statusOf(name: string): PermissionStatus {
  const status = permissions.get(name) ?? ({ state: "denied", onchange: null } as PermissionStatus);
  permissions.set(name, status);
  return status;
}

beforeEach(() => {
  devices = new FakeDevices();
  permissions = new Map();
  local = new LocalMedia({
    devices: devices.asMediaDevices,
    permissions: { query: async ({ name }) => statusOf(name) } as Permissions,
    memory: fakeMemory(),
    onSwitched: () => undefined,
  });
});

const state = () => ({ microphone: local.microphone.state, camera: local.camera.state });
const tracksFor = ({ audio, video }: MediaStreamConstraints) => [
  ...(audio ? [new FakeTrack("audio")] : []),
  ...(video ? [new FakeTrack("video")] : []),
];

it("asks for both with one question", async () => {
  devices.onAsked = tracksFor;
  await local.start({ isMicrophoneOn: true, isCameraOn: true });
  expect(devices.asked).toHaveLength(1);
  expect(state()).toMatchObject({ microphone: { isOn: true }, camera: { isOn: true } });
});

it("has the microphone even if there is no camera", async () => {
  devices.onAsked = (constraints) => (constraints.video ? { name: "NotFoundError" } : tracksFor(constraints));
  await local.start({ isMicrophoneOn: true, isCameraOn: true });
  expect(state()).toMatchObject({
    microphone: { isOn: true, problem: null },
    camera: { isOn: false, problem: "not_found" },
  });
});

it("says of both that they are refused", async () => {
  devices.onAsked = () => ({ name: "NotAllowedError" });
  await local.start({ isMicrophoneOn: true, isCameraOn: true });
  expect(state()).toMatchObject({ microphone: { problem: "denied" }, camera: { problem: "denied" } });
});

it("asks for nothing when one only listens", async () => {
  await local.start({ isMicrophoneOn: null, isCameraOn: false });
  expect(devices.asked).toHaveLength(0);
});

it("does not turn on what was turned off while the browser asked", async () => {
  const starting = local.start({ isMicrophoneOn: true, isCameraOn: true });
  local.camera.turnOff();
  const video = new FakeTrack("video");
  devices.asked[0]?.answer([new FakeTrack("audio"), video]);
  await starting;
  expect(video.readyState).toBe("ended");
  expect(state()).toMatchObject({ microphone: { isOn: true }, camera: { isOn: false, track: null } });
});

it("gives everything back, also what the browser was asked for", async () => {
  devices.onAsked = tracksFor;
  await local.start({ isMicrophoneOn: true, isCameraOn: true });
  const open = [local.microphone.state.source, local.camera.state.source];
  local.release();
  expect(open.map((track) => track?.readyState)).toEqual(["ended", "ended"]);
  expect(state()).toMatchObject({ microphone: { isOn: false, track: null }, camera: { track: null } });
  devices.onAsked = null;
  const turning = local.camera.turnOn();
  local.release();
  const late = new FakeTrack("video");
  devices.asked.at(-1)?.answer([late]);
  await turning;
  expect(late.readyState).toBe("ended");
});

it("leaves nothing open when the page goes while the browser asks", async () => {
  const starting = local.start({ isMicrophoneOn: true, isCameraOn: true });
  local.close();
  const tracks = [new FakeTrack("audio"), new FakeTrack("video")];
  devices.asked[0]?.answer(tracks);
  await starting;
  expect(tracks.map((track) => track.readyState)).toEqual(["ended", "ended"]);
});

it("lists devices anew when one is plugged in", async () => {
  devices.onAsked = tracksFor;
  await local.start({ isMicrophoneOn: true, isCameraOn: false });
  devices.listed = [{ kind: "audiooutput", deviceId: "headset", label: "Headset" }];
  devices.dispatchEvent(new Event("devicechange"));
  await expect
    .poll(() => local.devices.getState().lists.speaker)
    .toEqual([{ deviceId: "headset", label: "Headset" }]);
});

it("starts by itself what was refused, as soon as the browser's menu allows it", async () => {
  devices.onAsked = () => ({ name: "NotAllowedError" });
  await local.start({ isMicrophoneOn: null, isCameraOn: true });
  expect(state().camera.problem).toBe("denied");
  devices.onAsked = tracksFor;
  const status = permissions.get("camera") as PermissionStatus & { state: PermissionState };
  Object.assign(status, { state: "granted" });
  status.onchange?.(new Event("change"));
  await expect.poll(() => state().camera).toMatchObject({ isOn: true, problem: null });
});
