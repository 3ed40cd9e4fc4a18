import asyncio
import resource
import socket
import tracemalloc

import msgspec
import pylibsrtp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.rpc import RpcError
from server.media.worker.ice_lite import CONSENT_S
from server.media.worker.udp import RECEIVE_AT
from server.media.worker.worker import TICK_S, TURNS
from tests.server.media.worker.rig import SUBSCRIBED, VIDEO, Rig, rtp_packet
from tests.server.media.worker.test_producer import payload, two_sides


def last_report(rig: Rig) -> m.Report:
    rig.tick()
    report = rig.events[-1]
    assert isinstance(report, m.Report)
    return report


async def test_a_report_counts_what_there_is_and_what_went_through(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    before = last_report(rig)
    publisher.send_rtp(rtp_packet(1, bytes(1_000)))
    await subscriber.next_rtp()
    after = last_report(rig)
    assert (after.transports, after.producers, after.consumers) == (2, 1, 1)
    assert after.packets_in - before.packets_in == 1
    assert after.bytes_in - before.bytes_in == 12 + 1_000 + 16
    assert after.packets_out - before.packets_out >= 1
    assert after.bytes_out - before.bytes_out >= 1_028
    assert after.cpu_s > 0


async def test_a_report_is_made_also_when_no_descriptor_is_free(rig: Rig) -> None:
    with socket.socket() as newest:
        highest = newest.fileno()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    try:
        assert last_report(rig).open_files == highest
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_what_fails_for_one_is_done_for_the_others(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_sides(rig)
    rig.worker.do(m.CreateTransport(router_id="another", transport_id="other", group="other"))

    def fail(_: float) -> None:
        raise ValueError("unexpected")

    for part in (rig.worker.transports["pub"], rig.worker._routers["router"].audio, rig.worker.tcp):
        monkeypatch.setattr(part, "tick", fail)
    rig.time.advance(CONSENT_S + 1)
    rig.events.clear()
    assert last_report(rig).drops["failed"] == 3
    closed = [event.transport_id for event in rig.events if isinstance(event, m.TransportClosed)]
    assert closed == ["sub"], "it was silent for too long"
    rig.worker.udp.failures = 0  # these were meant


async def test_the_clock_goes_on_after_a_tick_that_fails(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def emit(event: m.AnyEvent) -> None:
        rig.events.append(event)
        if len(rig.events) == 1:
            raise ValueError("unexpected")

    monkeypatch.setattr("server.media.worker.worker.TICK_S", 0.001)
    monkeypatch.setattr(rig.worker, "_emit", emit)
    rig.worker.start()
    await rig.until(lambda: len(rig.events) == 3)
    rig.worker.udp.failures = 0  # this one was meant


async def test_closing_a_producer_closes_its_consumers(rig: Rig) -> None:
    await two_sides(rig)
    for _ in range(2):
        rig.worker.do(m.CloseProducer(transport_id="pub", producer_id="video"))
    assert (last_report(rig).producers, last_report(rig).consumers) == (0, 0)
    rig.produce()
    rig.consume()


async def test_a_consumer_that_is_closed_gets_no_more_packets(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for _ in range(2):
        rig.worker.do(m.CloseConsumer(transport_id="sub", consumer_id="consumer"))
    publisher.send_rtp(rtp_packet(1, b"for nobody"))
    await rig.drained()
    rig.consume(msgspec.structs.replace(SUBSCRIBED, mid="m009"), consumer_id="again")
    publisher.send_rtp(rtp_packet(2, b"for somebody"))
    assert payload(await subscriber.next_rtp()) == b"for somebody"


async def test_closing_a_router_closes_its_transports_and_no_others(rig: Rig) -> None:
    rig.create("a", "one")
    rig.create("b", "one")
    rig.create("c", "two")
    for _ in range(2):
        rig.worker.do(m.CloseRouter(router_id="one"))
    assert list(rig.worker.transports) == ["c"]
    rig.worker.do(m.CloseTransport(transport_id="c"))
    assert not rig.worker._routers
    assert not rig.worker._router_of


async def test_a_stream_cannot_be_consumed_from_another_router(rig: Rig) -> None:
    rig.create("pub", "one")
    rig.create("sub", "two")
    rig.produce()
    with pytest.raises(RpcError, match="no such"):
        rig.consume()


@pytest.mark.parametrize(
    "command",
    [
        m.ConnectTransport(transport_id="x", fingerprints=[], remote_role="client"),
        m.Produce(transport_id="x", producer_id="x", stream=VIDEO, is_paused=False),
        m.PauseProducer(transport_id="x", producer_id="x", is_paused=True),
        m.PauseProducer(transport_id="known", producer_id="x", is_paused=True),
        m.PauseConsumer(transport_id="known", consumer_id="x", is_paused=True),
        m.CreateTransport(transport_id="known", router_id="router", group="g"),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_is_not_there_is_an_error_for_the_asker(rig: Rig, command: m.AnyCommand) -> None:
    rig.create("known")
    with pytest.raises(RpcError):
        rig.worker.on_call(msgspec.msgpack.encode(command))


async def test_what_is_no_command_is_an_error_for_the_asker(rig: Rig) -> None:
    with pytest.raises(RpcError, match="not a command"):
        rig.worker.on_call(msgspec.msgpack.encode({"type": "explode"}))


@pytest.mark.parametrize("first_byte", [22, 128, 255], ids=["DTLS", "SRTP", "nothing known"])
async def test_what_comes_from_nobody_known_is_dropped_before_it_is_looked_at(rig: Rig, first_byte: int) -> None:
    """Not even a copy is made: what is allocated at the peak is less than the datagram."""
    worker, size = rig.worker, 1_400
    worker.udp.buffer.view[RECEIVE_AT] = first_byte
    address = ("::ffff:203.0.113.9", 9, 0, 0)
    worker._on_datagram(size, address, [])
    dropped = worker.plumbing.counters.drops["unknown_source"]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(1_000):
            worker._on_datagram(size, address, [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < size / 2
    assert worker.plumbing.counters.drops["unknown_source"] == dropped + 1_000


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=1_500), min_size=1, max_size=30), st.booleans())
async def test_any_datagram_from_anybody_hurts_nobody(rig: Rig, datagrams: list[bytes], known: bool) -> None:
    """Bytes straight into the receive path, from a stranger or from a page that is connected."""
    if "pub" not in rig.worker.transports:
        await two_sides(rig)
    endpoint = rig.endpoints[0] if known else await rig.open()
    owners = len(rig.worker.ice.owners)
    for datagram in datagrams:
        endpoint.send_raw(datagram)
    await rig.drained()
    assert len(rig.worker.ice.owners) == owners
    assert endpoint.stun_answers.empty()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets=st.lists(st.binary(min_size=12, max_size=200), max_size=10), rtcps=st.lists(st.binary(max_size=80)))
async def test_any_packet_of_a_connected_page_hurts_nobody(rig: Rig, packets: list[bytes], rtcps: list[bytes]) -> None:
    """Bytes with valid SRTP around them: nonsense from somebody who may be here."""
    if "pub" not in rig.worker.transports:
        await two_sides(rig)
    publisher, subscriber = rig.endpoints[:2]
    for number, data in enumerate(packets):
        # Version, payload type and SSRC of the stream, so that what follows is read at all.
        packet = bytes((data[0] & 0x3F | 0x80, data[1] & 0x80 | (96 if number % 2 else 97))) + data[2:8]
        packet += (1_111 if number % 2 else 1_112).to_bytes(4, "big") + data[12:]
        try:
            protected = publisher.dtls._tx_srtp.protect(packet)
        except pylibsrtp.Error:  # what is no RTP packet, or would be a replay
            continue
        publisher.send_raw(protected)
    for data in rtcps:
        for endpoint in (publisher, subscriber):
            endpoint.send_rtcp(b"\x81\xce\x00\x02\x00\x00\x00\x01" + data)
    await rig.drained()
    assert set(rig.worker.transports) == {"pub", "sub"}


async def test_turns_that_begin_late_make_a_round_no_longer(rig: Rig) -> None:
    worker, start = rig.worker, asyncio.get_running_loop().time()
    worker._turn_due_at, due = start, list[float]()
    for _ in range(TURNS):
        worker._schedule_turn()
        assert worker._timer is not None
        due.append(worker._timer.when())
        worker._timer.cancel()
    assert due == pytest.approx([start + turn * TICK_S / TURNS for turn in range(1, TURNS + 1)])
