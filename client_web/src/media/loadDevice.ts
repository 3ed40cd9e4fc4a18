/** Load mediasoup-client, a chunk of its own that arrives while one looks at the pre-join page. */

import type { types } from "mediasoup-client";
import type { RtpCapabilities } from "../protocol/generated";
import { Problem } from "../shared/problem";

/** Throws `Problem("browser_unsupported")` where there is no WebRTC, or one too old. */
export async function loadDevice(capabilities: RtpCapabilities): Promise<types.Device> {
  const { Device } = await import("mediasoup-client");
  try {
    if (!("RTCPeerConnection" in globalThis)) throw new Error("no WebRTC");
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: capabilities as types.RtpCapabilities });
    return device;
  } catch (error) {
    throw new Problem("browser_unsupported", String(error));
  }
}
