import pytest

from loadtest.lines.detour import detour, detour_script
from protocol.rtp import DtlsFingerprint, DtlsParameters, IceCandidate, IceParameters, TransportOptions
from tests.support.chromium import chromium


def candidate(ip: str, port: int, protocol: str) -> IceCandidate:
    return IceCandidate(
        foundation="1",
        priority=1,
        ip=ip,
        address=ip,
        protocol=protocol,  # type: ignore[arg-type]
        port=port,
        type="host",
    )


def test_the_line_is_the_only_candidate_and_the_rest_stays() -> None:
    options = TransportOptions(
        id="transport",
        ice_parameters=IceParameters(username_fragment="fragment", password="password", ice_lite=True),
        ice_candidates=[candidate("::1", 7, "udp"), candidate("10.0.0.1", 7, "udp")],
        dtls_parameters=DtlsParameters(fingerprints=[DtlsFingerprint(algorithm="sha-256", value="AA")]),
    )
    changed = detour(options, ("127.0.0.1", 9))
    assert [(c.ip, c.address, c.port, c.protocol) for c in changed.ice_candidates] == [
        ("127.0.0.1", "127.0.0.1", 9, "udp")
    ]
    assert (changed.id, changed.ice_parameters) == (options.id, options.ice_parameters)


DESCRIPTION = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=sctp-port:5000",
        "a=ice-ufrag:fragment",
        "a=ice-pwd:passwordpasswordpassword",
        f"a=fingerprint:sha-256 {':'.join(['AA'] * 32)}",
        "a=setup:actpass",
        "a=candidate:udp0 1 udp 1000 10.0.0.1 7 typ host",
        "a=candidate:udp1 1 udp 900 ::1 7 typ host",
        "a=candidate:tcp0 1 tcp 800 10.0.0.1 7 typ host tcptype passive",
        "",
    ]
)
CANDIDATES_SEEN = """
async (sdp) => {
  const connection = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:9" }] });
  await connection.setRemoteDescription({ type: "offer", sdp });
  const seen = connection.remoteDescription.sdp.split("\\r\\n").filter((line) => line.startsWith("a=candidate:"));
  const relays = connection.getConfiguration().iceServers.length;
  connection.close();
  return [seen, relays];
}
"""


@pytest.mark.browser
async def test_a_page_knows_only_the_line() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.add_init_script(detour_script(("127.0.0.1", 9)))
        await page.goto("data:text/html,<title>page</title>")
        candidates, relays = await page.evaluate(CANDIDATES_SEEN, DESCRIPTION)
    assert relays == 0
    assert [candidate.split()[2:6] for candidate in candidates] == [["udp", "2130706431", "127.0.0.1", "9"]]
