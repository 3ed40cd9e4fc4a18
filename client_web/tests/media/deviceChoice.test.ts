import { expect, it } from "vitest";
import { asDeviceOption, listsOf, pickDevice } from "../../src/media/deviceChoice";

const options = [
  { deviceId: "a", label: "Built-in" },
  { deviceId: "b", label: "Headset" },
];

it("takes the remembered device by id, else by label, else none", () => {
  expect(pickDevice(options, { deviceId: "b", label: "whatever" })?.deviceId).toBe("b");
  expect(pickDevice(options, { deviceId: "gone", label: "Headset" })?.deviceId).toBe("b");
  expect(pickDevice(options, { deviceId: "gone", label: "gone" })).toBeNull();
  expect(pickDevice(options, null)).toBeNull();
});

it("does not take two devices without a label for the same", () => {
  expect(pickDevice([{ deviceId: "x", label: "" }], { deviceId: "gone", label: "" })).toBeNull();
});

it("offers no choice before permission, when devices have no id", () => {
  const device = (kind: MediaDeviceKind, deviceId: string) =>
    ({ kind, deviceId, label: "" }) as MediaDeviceInfo;
  expect(listsOf([device("audioinput", ""), device("videoinput", "c")])).toEqual({
    microphone: [],
    camera: [{ deviceId: "c", label: "" }],
    speaker: [],
  });
});

it.each([null, 7, "x", {}, { deviceId: 1, label: "" }])("makes no device of %j", (value) => {
  expect(asDeviceOption(value)).toBeNull();
});
