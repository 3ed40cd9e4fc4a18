import { expect, it } from "vitest";
import type { CaptureState } from "../../src/media/capture";
import { entryOf, recallEntry, rememberEntry } from "../../src/prejoin/entryMemory";
import { fakeMemory, fakeStore } from "../support/memory";

const IDLE: CaptureState = {
  isOn: false,
  isStarting: false,
  source: null,
  track: null,
  problem: null,
  deviceId: null,
};
const track = {} as MediaStreamTrack;

it("offers camera and microphone the first time", () => {
  expect(recallEntry(fakeMemory())).toEqual({ isMicrophoneOn: true, isCameraOn: true });
});

it.each([
  { isMicrophoneOn: null, isCameraOn: false },
  { isMicrophoneOn: false, isCameraOn: true },
])("offers what was chosen last time: %j", (entry) => {
  const memory = fakeMemory();
  rememberEntry(memory, entry);
  expect(recallEntry(memory)).toEqual(entry);
});

it("makes nothing of what it cannot read", () => {
  const store = fakeStore();
  store.setItem("roundup.entry", "[]");
  expect(recallEntry(fakeMemory(store))).toEqual({ isMicrophoneOn: true, isCameraOn: true });
});

it.each([
  ["a device that works", { isOn: true, track }, { isMicrophoneOn: true, isCameraOn: true }],
  [
    "one that is still starting",
    { isOn: true, isStarting: true },
    { isMicrophoneOn: true, isCameraOn: true },
  ],
  ["one that fails this time", { problem: "busy" }, { isMicrophoneOn: true, isCameraOn: true }],
  ["a muted one", { track }, { isMicrophoneOn: false, isCameraOn: false }],
  ["none at all", {}, { isMicrophoneOn: null, isCameraOn: false }],
] as const)("wants the same again after entering with %s", (_what, change, wanted) => {
  const state = { ...IDLE, ...change } as CaptureState;
  expect(entryOf(state, state)).toEqual(wanted);
});
