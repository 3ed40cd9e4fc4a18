import { expect, it } from "vitest";
import { recallEntry, rememberEntry } from "../../src/prejoin/entryMemory";
import { fakeMemory, fakeStore } from "../support/memory";

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
