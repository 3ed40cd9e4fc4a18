/** Load mediasoup-client, a chunk of its own that arrives while one looks at the pre-join page. */

import type { types } from "mediasoup-client";
import type { RtpCapabilities } from "../protocol/generated";
import { Problem } from "../shared/problem";

/** Throws `Problem("browser_unsupported")` where there is no WebRTC. */
export async function loadDevice(capabilities: RtpCapabilities): Promise<types.Device> {
  const { Device, detectDeviceAsync } = await import("mediasoup-client");
  try {
    if (!("RTCPeerConnection" in globalThis)) throw new Error("no WebRTC");
    // Browsers tell pages without TLS no more than a name, and what has none that is known is a Chromium by another.
    const handlerName = (await detectDeviceAsync()) ?? "Chrome111";
    const device = await Device.factory({ handlerName });
    await device.load({ routerRtpCapabilities: capabilities as types.RtpCapabilities });
    return device;
  } catch (error) {
    throw new Problem("browser_unsupported", String(error));
  }
}
