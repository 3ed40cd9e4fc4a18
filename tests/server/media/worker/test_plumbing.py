from tests.server.media.worker.rig import Rig, rtp_packet
from tests.server.media.worker.test_producer import payload


async def test_a_packet_too_large_for_any_datagram_is_dropped_and_counted(rig: Rig) -> None:
    endpoint = await rig.connect("sub")
    transport = rig.worker.transports["sub"]
    transport.send_rtp(rtp_packet(1, bytes(3_000)))
    transport.send_rtp(rtp_packet(2, b"fits"))
    assert payload(await endpoint.next_rtp()) == b"fits"
    assert rig.worker.plumbing.counters.too_large == 1


async def test_what_srtp_refuses_is_counted_and_not_sent(rig: Rig) -> None:
    endpoint = await rig.connect("sub")
    transport = rig.worker.transports["sub"]
    for data in (b"once", b"the same number again"):
        transport.send_rtp(rtp_packet(1, data))
    transport.send_rtp(rtp_packet(2, b"next"))
    assert [payload(await endpoint.next_rtp()) for _ in range(2)] == [b"once", b"next"]
    assert rig.worker.plumbing.counters.not_protected == 1
