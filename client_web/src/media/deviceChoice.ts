/** Which device of a kind to use: the one chosen last time, if it is there. Pure. */

export interface DeviceOption {
  deviceId: string;
  /** Empty before permission was given. */
  label: string;
}

export type DeviceKind = "microphone" | "camera" | "speaker";

export const KIND_OF: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

export type DeviceLists = Readonly<Record<DeviceKind, readonly DeviceOption[]>>;

export const NO_DEVICES: DeviceLists = { microphone: [], camera: [], speaker: [] };

/** Sort what `enumerateDevices` returns into kinds. Without permission it has entries without an id: no choice. */
export function listsOf(devices: readonly MediaDeviceInfo[]): DeviceLists {
  const lists: Record<DeviceKind, DeviceOption[]> = { microphone: [], camera: [], speaker: [] };
  for (const { kind, deviceId, label } of devices) {
    if (deviceId !== "") lists[KIND_OF[kind]].push({ deviceId, label });
  }
  return lists;
}

/**
 * Return the device that was remembered: by id, or else, because some browsers give new ids every time, by label.
 * Null when it is not there, or nothing was remembered: then the browser's default is right.
 */
export function pickDevice(
  options: readonly DeviceOption[],
  remembered: DeviceOption | null,
): DeviceOption | null {
  if (remembered === null) return null;
  const byId = options.find((option) => option.deviceId === remembered.deviceId);
  if (byId !== undefined) return byId;
  return options.find((option) => option.label !== "" && option.label === remembered.label) ?? null;
}

/** Read a remembered device; whatever else stands there counts as nothing. */
export function asDeviceOption(value: unknown): DeviceOption | null {
  if (typeof value !== "object" || value === null) return null;
  const { deviceId, label } = value as Partial<DeviceOption>;
  return typeof deviceId === "string" && typeof label === "string" ? { deviceId, label } : null;
}
