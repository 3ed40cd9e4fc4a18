/** `?relay=only` in the address: everything goes through the TURN server, to see that it works. */

export function iceTransportPolicy(search = globalThis.location?.search ?? ""): RTCIceTransportPolicy {
  return new URLSearchParams(search).get("relay") === "only" ? "relay" : "all";
}
