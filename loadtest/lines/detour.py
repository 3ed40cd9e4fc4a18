"""Sending a bot or a page to a line instead of to the server: the candidates that the server announces are replaced.

The server needs no setting for it and does not notice; two pages of the same server can have different lines.
"""

import json

import msgspec

from protocol.rtp import TransportOptions

Address = tuple[str, int]


def detour(options: TransportOptions, line: Address) -> TransportOptions:
    """Return a transport's options with `line` as the only candidate, whatever was announced."""
    first = next(candidate for candidate in options.ice_candidates if candidate.protocol == "udp")
    replaced = msgspec.structs.replace(first, ip=line[0], address=line[0], port=line[1])
    return msgspec.structs.replace(options, ice_candidates=[replaced])


def detour_script(line: Address) -> str:
    """Return what a page has to run before its own scripts, so that all its media goes to `line`.

    Every candidate in a remote description (RFC 8839 section 5.1) becomes the line's address, and there is only one;
    relays (`iceServers`) are left out, because they would go around the line.
    """
    ip, port = json.dumps(line[0]), json.dumps(line[1])
    return _SCRIPT.replace("LINE_IP", ip).replace("LINE_PORT", port)


_SCRIPT = r"""
(() => {
  const candidate = `a=candidate:line 1 udp 2130706431 ${LINE_IP} ${LINE_PORT} typ host`;
  const detour = (sdp) => {
    const lines = sdp.split("\r\n");
    const isCandidate = (line) => line.startsWith("a=candidate:");
    return lines
      .map((line, at) => !isCandidate(line) ? line : at > 0 && isCandidate(lines[at - 1]) ? null : candidate)
      .filter((line) => line !== null)
      .join("\r\n");
  };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration, ...rest) {
      super({ ...configuration, iceServers: [] }, ...rest);
    }
    setRemoteDescription(description, ...rest) {
      return super.setRemoteDescription({ type: description.type, sdp: detour(description.sdp) }, ...rest);
    }
    addIceCandidate() {
      return Promise.resolve();
    }
  };
})();
"""
