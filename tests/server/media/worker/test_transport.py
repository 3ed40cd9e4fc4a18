"""From the first check to the end of consent, with real handshakes and a clock under control."""

import asyncio
import gc
import weakref

import pytest
from msgspec.structs import replace

from server.media import messages as m
from server.media.rpc import RpcError
from server.media.worker import demultiplexer, rtcp
from server.media.worker.counters import DropReason
from server.media.worker.ice_lite import CONSENT_S
from server.media.worker.transport import DTLS_TIMEOUT_S
from tests.server.media.worker.people import PACKET_S, pass_time, people
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, VIDEO, Rig, lets_go, rtp_packet
from tests.server.media.worker.test_producer import parsed, payload, two_sides


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_page_connects_in_the_role_that_it_wants(rig: Rig, role: str, host: str) -> None:
    endpoint = await rig.connect("pub", host=host, role=role)
    rig.produce()
    rig.worker.transports["pub"].producer("video").request_keyframe()
    assert rtcp.parse(await endpoint.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]


async def test_the_handshake_may_come_before_connect(rig: Rig) -> None:
    created = rig.create("pub")
    endpoint = await rig.open()
    await endpoint.check(created.username_fragment, created.password)
    handshake = asyncio.create_task(endpoint.shake_hands(rig.certificate.fingerprint))
    await rig.drained()
    rig.announce("pub", endpoint)
    await handshake


async def test_gcm_is_preferred(rig: Rig) -> None:
    await rig.connect("pub")
    session = rig.worker.transports["pub"].outbound
    assert session is not None
    assert session.tag_bytes == 16


async def test_connecting_twice_is_refused(rig: Rig) -> None:
    endpoint = await rig.connect("pub")
    with pytest.raises(RpcError, match="already"):
        rig.announce("pub", endpoint)


async def test_a_page_with_another_certificate_is_closed(rig: Rig) -> None:
    created = rig.create("pub")
    endpoint, other = await rig.open(), await rig.open()
    rig.announce("pub", other)
    await endpoint.check(created.username_fragment, created.password)
    handshake = asyncio.create_task(endpoint.shake_hands(rig.certificate.fingerprint))
    await rig.until(lambda: bool(rig.events))
    await asyncio.wait([handshake])
    handshake.exception()
    assert rig.events == [m.TransportClosed(router_id="router", transport_id="pub", reason="dtls_failed")]
    assert not rig.worker.transports


class TestConsent:
    async def test_without_checks_a_transport_is_closed(self, rig: Rig) -> None:
        await rig.connect("pub")
        rig.time.advance(CONSENT_S)
        rig.tick()
        assert "pub" in rig.worker.transports
        rig.time.advance(0.1)
        rig.tick()
        assert not rig.worker.transports
        assert closings(rig) == [m.TransportClosed(router_id="router", transport_id="pub", reason="consent_expired")]

    async def test_a_check_renews_it(self, rig: Rig) -> None:
        endpoint = await rig.connect("pub")
        agent = rig.worker.transports["pub"].agent
        for _ in range(5):
            rig.time.advance(CONSENT_S - 1)
            await endpoint.check(agent.credentials.username_fragment, agent.credentials.password)
            rig.tick()
        assert "pub" in rig.worker.transports

    async def test_a_page_that_never_comes_is_not_waited_for(self, rig: Rig) -> None:
        rig.create("pub")
        endpoint = await rig.open()
        rig.announce("pub", endpoint)
        rig.time.advance(CONSENT_S + 0.1)
        rig.tick()
        assert not rig.worker.transports

    async def test_a_transport_that_is_not_used_yet_may_wait(self, rig: Rig) -> None:
        """mediasoup-client connects with the first track: somebody alone in a room has none to receive."""
        rig.create("pub")
        rig.time.advance(3_600)
        rig.tick()
        assert "pub" in rig.worker.transports

    async def test_a_handshake_that_does_not_end_is_ended(self, rig: Rig) -> None:
        created = rig.create("pub")
        endpoint = await rig.open()
        rig.announce("pub", endpoint)
        await endpoint.check(created.username_fragment, created.password)
        for _ in range(3):
            rig.time.advance(DTLS_TIMEOUT_S / 2.5)
            await endpoint.check(created.username_fragment, created.password)
        rig.tick()
        assert isinstance(rig.events[0], m.TransportClosed)
        assert rig.events[0].reason == "dtls_failed"


async def test_packets_follow_a_page_to_its_new_address(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"old"))
    assert payload(await subscriber.next_rtp()) == b"old"
    moved = await rig.open()
    moved.dtls = subscriber.dtls
    agent = rig.worker.transports["sub"].agent
    await moved.check(agent.credentials.username_fragment, agent.credentials.password, nominate=False)
    publisher.send_rtp(rtp_packet(2, b"still old"))
    assert payload(await subscriber.next_rtp()) == b"still old"
    await moved.check(agent.credentials.username_fragment, agent.credentials.password, nominate=True)
    publisher.send_rtp(rtp_packet(3, b"new"))
    assert payload(await moved.next_rtp()) == b"new"
    assert subscriber.rtp.empty()


async def test_a_page_that_changes_its_network_goes_on_after_an_ice_restart(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"before"))
    before = await subscriber.next_rtp()
    restarted = rig.worker.do(m.RestartIce(transport_id="sub"))
    assert isinstance(restarted, m.IceRestarted)
    publisher.send_rtp(rtp_packet(2, b"meanwhile"))
    assert payload(await subscriber.next_rtp()) == b"meanwhile"
    moved = await rig.open()
    moved.dtls = subscriber.dtls
    await moved.check(restarted.username_fragment, restarted.password, nominate=False)
    publisher.send_rtp(rtp_packet(3, b"after"))
    after = await moved.next_rtp()
    assert payload(after) == b"after"
    assert (parsed(after).sequence - parsed(before).sequence) & 0xFFFF == 2, "the same stream goes on"


async def test_a_page_hears_something_each_second_also_when_there_is_nothing_to_say(rig: Rig) -> None:
    endpoint = await rig.connect("sub")
    for _ in range(2):
        rig.tick()
        assert rtcp.parse(await endpoint.next_rtcp()) == []
    assert endpoint.rtcp.empty()


async def test_packets_leave_from_the_address_that_the_page_talks_to(rig: Rig) -> None:
    """On a machine with several addresses the kernel would choose; all of 127/8 is this machine."""
    created = rig.create("pub")
    endpoint = await rig.open()
    endpoint.server = ("127.0.0.9", rig.port)
    rig.announce("pub", endpoint)
    await endpoint.check(created.username_fragment, created.password)
    await endpoint.shake_hands(rig.certificate.fingerprint)
    rig.worker.transports["pub"].send_rtp(rtp_packet(1, b"x"))
    await endpoint.next_rtp()
    assert endpoint.sources == {("127.0.0.9", rig.port)}


def closings(rig: Rig) -> list[m.TransportClosed]:
    return [event for event in rig.events if isinstance(event, m.TransportClosed)]


async def test_a_page_that_says_goodbye_is_gone_at_once(rig: Rig) -> None:
    publisher, _ = await two_sides(rig)
    await publisher.dtls.stop()
    await rig.until(lambda: "pub" not in rig.worker.transports)
    assert closings(rig) == [m.TransportClosed(router_id="router", transport_id="pub", reason="dtls_closed")]
    assert not rig.worker.transports["sub"].consumers


async def test_a_page_is_told_when_its_transport_is_closed(rig: Rig) -> None:
    endpoint = await rig.connect("pub")
    rig.worker.do(m.CloseTransport(transport_id="pub"))
    await rig.until(lambda: endpoint.dtls.state == "closed")
    assert closings(rig) == [], "nobody is told what they asked for"


async def test_a_closed_transport_frees_everything(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"x"))
    publisher.send_rtp(rtp_packet(9, b"x"))  # leaves a timer for the gap
    await subscriber.next_rtp()
    transports = rig.worker.transports
    inbound = transports["pub"].inbound
    assert inbound is not None
    things: list[weakref.ref[object]] = [
        weakref.ref(thing)
        for thing in (
            transports["pub"],
            transports["sub"],
            transports["pub"].producer("video"),
            transports["sub"].consumer("consumer"),
            inbound._session,
        )
    ]
    del inbound
    for transport_id in ("pub", "sub"):
        rig.worker.do(m.CloseTransport(transport_id=transport_id))
    assert not rig.worker.ice.owners
    await rig.until(lambda: len(asyncio.all_tasks()) <= 1 + len(rig.endpoints) * 2)

    def all_gone() -> bool:
        gc.collect()
        return all(thing() is None for thing in things)

    await rig.until(all_gone)


class TestWhatIsRefused:
    async def test_one_ssrc_or_mid_for_two_streams(self, rig: Rig) -> None:
        rig.create("pub")
        rig.produce()
        with pytest.raises(RpcError, match="SSRC"):
            rig.produce(producer_id="again")
        with pytest.raises(RpcError, match="MID"):
            rig.worker.do(
                m.Produce(
                    transport_id="pub",
                    producer_id="other",
                    stream=m.ProducerStream(
                        kind=AUDIO.kind,
                        codec=AUDIO.codec,
                        clock_rate=48_000,
                        payload_type=111,
                        forwarded_payload_type=100,
                        encodings=[m.Encoding(ssrc=3)],
                        mid="0",
                    ),
                    is_paused=False,
                )
            )
        assert list(rig.worker.transports["pub"].producers) == ["video"]

    async def test_one_ssrc_for_two_consumers(self, rig: Rig) -> None:
        rig.create("pub")
        rig.create("sub")
        rig.produce()
        rig.consume()
        with pytest.raises(RpcError, match="SSRC"):
            rig.consume(SUBSCRIBED, consumer_id="again")


async def test_media_that_was_not_announced_costs_nothing(rig: Rig) -> None:
    publisher, _ = await two_sides(rig)
    for ssrc in range(10_000, 10_100):
        publisher.send_rtp(rtp_packet(1, b"x", ssrc=ssrc))
    await rig.drained()
    drops = rig.worker.plumbing.counters.drops
    assert {reason: packets for reason, packets in drops.items() if packets} == {"unknown_stream": 100}


async def test_strays_of_a_page_that_names_its_streams_by_mid_are_limited_for_a_second_only(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demultiplexer, "MAX_STRAY_PACKETS_PER_S", 3)
    publisher = await rig.connect("pub")
    rig.produce(replace(VIDEO, encodings=[m.Encoding()]))
    (layer,) = rig.worker.transports["pub"].producer("video").layers
    for ssrc in range(10_000, 10_003):
        publisher.send_rtp(rtp_packet(1, b"stray", ssrc=ssrc))
    publisher.send_rtp(rtp_packet(1, b"x", ssrc=7_777, extensions=NAMED))
    await rig.drained()
    assert layer.ssrc is None
    rig.tick()
    publisher.send_rtp(rtp_packet(2, b"x", ssrc=7_777, extensions=NAMED))
    await rig.drained()
    assert layer.ssrc == 7_777


NAMED = bytes(((VIDEO.mid_extension or 0) << 4,)) + b"0"


def padded(packet: bytes) -> bytes:
    """Return a packet that says that it ends with padding; how much of it, its last byte says."""
    return bytes((packet[0] | 0x20,)) + packet[1:]


class TestWhatSrtpRemembers:
    """Each stream that libsrtp knows takes memory, and is searched through for each packet."""

    @pytest.mark.parametrize(
        ("packet", "reason"),
        [
            (rtp_packet(1, b"stray", ssrc=10_000, extensions=b"\x4012"), "unknown_stream"),
            (rtp_packet(1, b"stray", ssrc=10_000), "unknown_stream"),
            (padded(rtp_packet(1, b"more padding than packet\xff", ssrc=10_000, extensions=NAMED)), "malformed"),
        ],
        ids=["another MID", "no MID", "malformed"],
    )
    async def test_strays_leave_nothing_and_are_limited(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, packet: bytes, reason: DropReason
    ) -> None:
        monkeypatch.setattr(demultiplexer, "MAX_STRAY_PACKETS_PER_S", 3)
        publisher = await rig.connect("pub")
        rig.produce(replace(VIDEO, encodings=[m.Encoding()]))
        protected = publisher.dtls._tx_srtp.protect(packet)
        drops = rig.worker.plumbing.counters.drops
        for _ in range(3):
            publisher.send_raw(protected)
        await rig.drained()
        assert (drops[reason], drops["not_authentic"]) == (3, 0), "a stream that is known takes nothing twice"
        assert not lets_go(rig.worker.transports["pub"].inbound, 10_000)
        before = drops["unknown_stream"]
        publisher.send_raw(bytes((0x80, 0x60)) + bytes(30))
        await rig.drained()
        assert (drops["unknown_stream"] - before, drops["not_authentic"]) == (1, 0), "it was not decrypted any more"

    async def test_a_malformed_packet_does_a_known_stream_no_harm(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"before"))
        publisher.send_rtp(padded(rtp_packet(2, b"more padding than packet\xff")))
        publisher.send_rtp(rtp_packet(3, b"after"))
        assert [payload(await subscriber.next_rtp()) for _ in range(2)] == [b"before", b"after"]
        assert rig.worker.plumbing.counters.drops["malformed"] == 1
        assert lets_go(rig.worker.transports["pub"].inbound, 1_111)

    async def test_a_producer_that_is_closed_leaves_nothing(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"x"))
        publisher.send_rtp(rtp_packet(1, b"\0\1x", payload_type=97, ssrc=1_112))
        publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(1_111, 0, 0, 0, 0), "pub"))
        await rig.drained()
        assert rig.worker.plumbing.counters.drops["not_authentic"] == 0
        rig.worker.do(m.CloseProducer(transport_id="pub", producer_id="video"))
        assert not [ssrc for ssrc in (1_111, 1_112) if lets_go(rig.worker.transports["pub"].inbound, ssrc)]

    async def test_a_consumer_that_is_closed_leaves_nothing(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        outbound = rig.worker.transports["sub"].outbound
        publisher.send_rtp(rtp_packet(1, b"x"))
        sequence = parsed(await subscriber.next_rtp()).sequence
        subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [sequence]))
        assert parsed(await subscriber.next_rtp()).ssrc == SUBSCRIBED.rtx_ssrc
        rig.worker.do(m.CloseConsumer(transport_id="sub", consumer_id="consumer"))
        assert not [ssrc for ssrc in (SUBSCRIBED.ssrc, SUBSCRIBED.rtx_ssrc) if lets_go(outbound, ssrc or 0)]

    async def test_a_slot_that_is_closed_leaves_nothing(self, rig: Rig) -> None:
        one, other = await people(rig, 2)
        await pass_time(rig, [one], PACKET_S)
        rig.tick()
        await other.take()
        transport = rig.worker.transports["p1"]
        rig.worker.do(m.CloseConsumer(transport_id="p1", consumer_id="p1 slot 0"))
        assert not [session for session in (transport.outbound, transport._repeating) if lets_go(session, 600_000)]


async def test_a_stream_replaces_another_with_its_ssrc_and_mid(rig: Rig) -> None:
    rig.create("pub")
    rig.produce()
    rig.produce(AUDIO, producer_id="audio")
    transport = rig.worker.transports["pub"]
    with pytest.raises(RpcError, match="SSRC"):
        transport.produce("again", replace(VIDEO, encodings=AUDIO.encodings), is_paused=False, replaces="video")
    with pytest.raises(RpcError, match="MID"):
        transport.produce("again", replace(VIDEO, mid=AUDIO.mid), is_paused=False, replaces="video")
    assert list(transport.producers) == ["video", "audio"]
    transport.produce("again", VIDEO, is_paused=False, replaces="video")
    assert list(transport.producers) == ["audio", "again"]
    transport.produce(
        "other",
        replace(VIDEO, encodings=[m.Encoding(ssrc=9, rtx_ssrc=10)], mid="9"),
        is_paused=False,
        replaces="elsewhere",
    )
    assert list(transport.producers) == ["audio", "again", "other"]


async def test_a_page_cannot_fill_memory_with_sources_of_rtcp(rig: Rig) -> None:
    publisher, _ = await two_sides(rig)
    inbound = rig.worker.transports["pub"].inbound
    for ssrc in range(10_000, 10_400):
        publisher.send_rtcp(rtcp.picture_loss_indication(ssrc, 1))
        if ssrc % 50 == 0:
            await rig.drained()
            rig.tick()
    publisher.send_rtcp(rtcp.picture_loss_indication(10_000, 1))
    await rig.drained()
    assert rig.worker.plumbing.counters.drops["over_limit"] == 400 - 256
    assert rig.worker.plumbing.counters.keyframe_requests_in == 256 + 1, "who was there is heard still"
    assert [ssrc for ssrc in range(10_000, 10_400) if lets_go(inbound, ssrc)] == list(range(10_000, 10_256))


async def test_streams_that_are_gone_leave_room_for_the_reports_of_others(rig: Rig) -> None:
    publisher = await rig.connect("pub")
    for number in range(300):
        stream = replace(VIDEO, encodings=[m.Encoding(ssrc=10_000 + number)])
        rig.produce(stream)
        report = rtcp.SenderReport(10_000 + number, 0, 0, 0, 0)
        publisher.send_rtcp(rtcp.sender_report(report, "pub"))
        await rig.drained()
        rig.tick()
        if number < 299:
            rig.worker.do(m.CloseProducer(transport_id="pub", producer_id="video"))
    (layer,) = rig.worker.transports["pub"].producer("video").layers
    assert layer.last_sender_report == report


async def test_a_replayed_packet_is_dropped(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    packet = publisher.dtls._tx_srtp.protect(rtp_packet(1, b"once"))
    publisher.send_raw(packet)
    publisher.send_raw(packet)
    publisher.send_raw(packet[:-1] + bytes((packet[-1] ^ 1,)))
    publisher.send_rtp(rtp_packet(2, b"next"))
    assert [payload(await subscriber.next_rtp()) for _ in range(2)] == [b"once", b"next"]
    assert rig.worker.plumbing.counters.drops["not_authentic"] == 2
