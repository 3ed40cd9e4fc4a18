"""Pages that come over TCP: real connections to a worker in this process, with real ICE, DTLS and SRTP."""

import asyncio
import contextlib
import resource
import socket
import struct

import msgspec
import pytest

from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker import tcp as tcp_module
from server.media.worker.arrangement import MAX_PACKETS
from server.media.worker.batch import PACKET_BYTES
from server.media.worker.ice_lite import CONSENT_S, MAX_PATHS
from server.media.worker.newcomers import FIRST_CHECK_S, MAX_PER_SOURCE
from server.media.worker.tcp import (
    MAX_FRAMES_BEFORE_CHECK,
    MEDIA_QUEUE_BYTES,
    QUEUE_BYTES,
    STALL_S,
    TcpConnection,
    most_connections,
)
from server.media.worker.udp import MAX_DATAGRAM_BYTES
from tests.server.media.endpoint import Endpoint, TcpEndpoint, binding_request
from tests.server.media.worker.people import consume_slots
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, SUBSCRIBED_AUDIO, Rig, rtp_packet, running_worker
from tests.server.media.worker.test_producer import parsed, payload, two_sides


async def two_sides_tcp(rig: Rig) -> tuple[TcpEndpoint, TcpEndpoint]:
    """Connect a publisher and its subscriber, both over TCP."""
    publisher, subscriber = await rig.connect_tcp("pub"), await rig.connect_tcp("sub")
    rig.produce()
    rig.consume()
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
    return publisher, subscriber


def connection_of(rig: Rig, transport_id: str) -> TcpConnection:
    path = rig.worker.transports[transport_id].path
    assert path is not None
    assert isinstance(path.tcp, TcpConnection)
    return path.tcp


async def assert_refused(rig: Rig) -> None:
    """Connect, and see the connection reset: by then, or right after."""
    with contextlib.suppress(ConnectionResetError):
        await (await rig.open_tcp()).closed_by_server()


class TestMedia:
    @pytest.mark.parametrize("role", ["client", "server"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
    async def test_a_page_connects_in_the_role_that_it_wants(self, rig: Rig, role: str, host: str) -> None:
        endpoint = await rig.connect_tcp("pub", host=host, role=role)
        rig.produce()
        rig.worker.transports["pub"].producer("video").request_keyframe()
        assert rtcp.parse(await endpoint.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
        assert rig.worker.tcp.connections == {connection_of(rig, "pub")}
        assert not len(rig.worker.tcp.newcomers)

    async def test_video_goes_through_in_both_directions_and_is_sent_again(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        payloads = [bytes((number,)) * (1_100 + number % 3) for number in range(100)]
        for number, data in enumerate(payloads):
            publisher.send_rtp(rtp_packet(number, data, marker=number % 7 == 0))
        packets = [await subscriber.next_rtp() for _ in payloads]
        assert [payload(packet)[: len(data)] for packet, data in zip(packets, payloads, strict=True)] == payloads
        subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [parsed(packets[50]).sequence]))
        assert payload(await subscriber.next_rtp())[2 : 2 + len(payloads[50])] == payloads[50]

    async def test_audio_goes_through(self, rig: Rig) -> None:
        publisher, subscriber = await rig.connect_tcp("pub"), await rig.connect_tcp("sub")
        rig.produce(AUDIO, producer_id="audio")
        rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
        publisher.send_rtp(rtp_packet(1, b"opus", payload_type=111, ssrc=2_222))
        assert payload(await subscriber.next_rtp()) == b"opus"

    async def test_one_stream_goes_to_datagrams_and_connections_alike(self, rig: Rig) -> None:
        publisher = await rig.connect("pub")
        rig.produce()
        subscribers: list[Endpoint] = []
        for number in range(70):  # of each more than one batch
            name = f"sub{number}"
            subscribers.append(await (rig.connect_tcp(name) if number % 2 else rig.connect(name)))
            stream = msgspec.structs.replace(SUBSCRIBED, ssrc=600_000 + number, rtx_ssrc=700_000 + number)
            rig.consume(stream, on=name, consumer_id=name)
        for number in range(20):
            publisher.send_rtp(rtp_packet(number, f"packet {number}".encode()))
        for number, subscriber in enumerate(subscribers):
            packets = [await subscriber.next_rtp() for _ in range(20)]
            assert [payload(packet) for packet in packets] == [f"packet {at}".encode() for at in range(20)]
            assert {parsed(packet).ssrc for packet in packets} == {600_000 + number}
        assert rig.worker.udp.send_failures == 0

    async def test_packets_are_counted_whichever_way_they_go(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        udp = rig.worker.udp
        before = udp.packets_in, udp.packets_out
        publisher.send_rtp(rtp_packet(1, b"frame"))
        await subscriber.next_rtp()
        rig.worker.transports["sub"].send_rtp(rtp_packet(7, b"direct"))
        assert (udp.packets_in - before[0], udp.packets_out - before[1]) == (1, 2)
        rig.tick()
        report = rig.events[-1]
        assert isinstance(report, m.Report)
        assert report.tcp_connections == 2

    async def test_nothing_waits_for_more(self, rig: Rig) -> None:
        await rig.connect_tcp("pub")
        sock = connection_of(rig, "pub")._sock
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == tcp_module._KERNEL_QUEUE_BYTES


class TestPaths:
    async def test_packets_follow_the_page_between_udp_and_tcp(self, rig: Rig) -> None:
        publisher, by_udp = await two_sides(rig)
        by_tcp = await rig.open_tcp()
        by_tcp.dtls = by_udp.dtls
        agent = rig.worker.transports["sub"].agent
        credentials = agent.credentials.username_fragment, agent.credentials.password
        await by_tcp.check(*credentials, nominate=False)
        for number, endpoint in enumerate((by_udp, by_tcp, by_udp, by_tcp)):
            await endpoint.check(*credentials, nominate=True)
            publisher.send_rtp(rtp_packet(number, b"x"))
            await endpoint.next_rtp()
        assert len(rig.worker.tcp.connections) == 1

    async def test_when_the_connection_ends_the_transport_waits_for_another(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        publisher.send_rtp(rtp_packet(1, b"before"))
        before = await subscriber.next_rtp()
        transport = rig.worker.transports["sub"]
        subscriber.writer.close()
        await rig.until(lambda: transport.path is None)
        publisher.send_rtp(rtp_packet(2, b"for nobody"))
        transport.send_rtp(rtp_packet(7, b"for nobody"))
        again = await rig.open_tcp()
        again.dtls = subscriber.dtls
        credentials = transport.agent.credentials
        await again.check(credentials.username_fragment, credentials.password, nominate=False)
        publisher.send_rtp(rtp_packet(3, b"after"))
        after = await again.next_rtp()
        assert payload(after) == b"after"
        assert parsed(after).ssrc == parsed(before).ssrc
        assert [event for event in rig.events if isinstance(event, m.TransportClosed)] == []

    async def test_a_connection_that_was_not_in_use_ends_without_a_word(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await two_sides(rig)
        transport, moves = rig.worker.transports["sub"], list[None]()
        monkeypatch.setattr(transport, "on_moved", lambda: moves.append(None))
        spare = await rig.open_tcp()
        credentials = transport.agent.credentials
        await spare.check(credentials.username_fragment, credentials.password, nominate=False)
        assert len(transport.agent.paths) == 2
        spare.writer.close()
        await rig.until(lambda: len(transport.agent.paths) == 1)
        assert moves == []

    async def test_without_checks_a_connection_ends_with_its_transport(self, rig: Rig) -> None:
        endpoint = await rig.connect_tcp("pub")
        rig.time.advance(CONSENT_S + 0.1)
        rig.tick()
        await endpoint.closed_by_server()
        assert not rig.worker.transports
        assert not rig.worker.tcp.connections

    async def test_a_page_is_told_when_its_transport_is_closed(self, rig: Rig) -> None:
        endpoint = await rig.connect_tcp("pub")
        rig.worker.do(m.CloseTransport(transport_id="pub"))
        await rig.until(lambda: endpoint.dtls.state == "closed")
        await endpoint.closed_by_server()

    async def test_one_transport_has_only_so_many_connections(self, rig: Rig) -> None:
        created = rig.create("pub")
        endpoints = [await rig.open_tcp() for _ in range(MAX_PATHS + 3)]
        for endpoint in endpoints:
            await endpoint.check(created.username_fragment, created.password, nominate=False)
        for endpoint in endpoints[1:4]:  # the first one is in use
            await endpoint.closed_by_server()
        assert len(rig.worker.tcp.connections) == MAX_PATHS
        assert not endpoints[0].reading.done()

    async def test_the_same_address_by_udp_and_by_tcp_is_two(self, rig: Rig) -> None:
        created, other = rig.create("pub"), rig.create("other")
        by_tcp = await rig.open_tcp()
        await by_tcp.check(created.username_fragment, created.password)
        by_udp = Endpoint(by_tcp.server)
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: by_udp, local_addr=by_tcp.writer.get_extra_info("sockname")
        )
        rig.endpoints.append(by_udp)
        await by_udp.check(other.username_fragment, other.password)
        assert len(rig.worker.ice.owners) == 2


class TestStrangers:
    async def test_who_passes_no_check_in_time_is_closed(self, rig: Rig) -> None:
        silent, half, wrong = [await rig.open_tcp() for _ in range(3)]
        half.writer.write(b"\x01")
        wrong.send_raw(binding_request("nobody", "nothing"))
        member = await rig.connect_tcp("pub")
        await rig.until(lambda: len(rig.worker.tcp.newcomers) == 3)
        rig.time.advance(FIRST_CHECK_S)
        rig.tick()
        assert len(rig.worker.tcp.connections) == 4
        rig.time.advance(0.1)
        rig.tick()
        for stranger in (silent, half, wrong):
            await stranger.closed_by_server()
        assert rig.worker.tcp.connections == {connection_of(rig, "pub")}
        assert wrong.stun_answers.empty()
        assert not member.reading.done()

    @pytest.mark.parametrize("size", [MAX_DATAGRAM_BYTES + 1, 0xFFFF])
    async def test_a_frame_too_long_ends_the_connection(self, rig: Rig, size: int) -> None:
        stranger, member = await rig.open_tcp(), await rig.connect_tcp("pub")
        for endpoint in (stranger, member):
            endpoint.send_raw(bytes(size))
            await endpoint.closed_by_server()
        assert not rig.worker.tcp.connections
        assert rig.worker.transports["pub"].path is None

    @pytest.mark.parametrize(
        "word", [b"", b"\x80 let me in", binding_request("nobody", "nothing")], ids=["nothing", "noise", "check"]
    )
    async def test_a_stranger_has_few_words(self, rig: Rig, word: bytes) -> None:
        stranger = await rig.open_tcp()
        for _ in range(MAX_FRAMES_BEFORE_CHECK):
            stranger.send_raw(word)
        await stranger.closed_by_server()
        assert sum(rig.worker.plumbing.counters.drops.values()) == (MAX_FRAMES_BEFORE_CHECK if word else 0)

    async def test_an_empty_frame_means_nothing(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        for _ in range(2 * MAX_FRAMES_BEFORE_CHECK):
            publisher.send_raw(b"")
        publisher.send_rtp(rtp_packet(1, b"frame"))
        assert payload(await subscriber.next_rtp()) == b"frame"

    async def test_who_only_holds_the_places_of_an_address_keeps_nobody_behind_it_out(self, rig: Rig) -> None:
        created = rig.create("pub")
        elsewhere = await rig.open_tcp("::1")
        strangers = [await rig.open_tcp() for _ in range(MAX_PER_SOURCE)]
        await rig.until(lambda: len(rig.worker.tcp.newcomers) == 1 + MAX_PER_SOURCE)
        for stranger in strangers[:3]:
            neighbour = await rig.open_tcp()
            await neighbour.check(created.username_fragment, created.password)
            await stranger.closed_by_server()
            await rig.open_tcp()
            await rig.until(lambda: len(rig.worker.tcp.newcomers) == 1 + MAX_PER_SOURCE)
        assert not any(endpoint.reading.done() for endpoint in (elsewhere, *strangers[3:]))

    async def test_a_crowd_pushes_out_those_who_wait_longest(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("server.media.worker.newcomers.MAX_NEWCOMERS", 3)
        member = await rig.connect_tcp("pub")
        first, *others = [await rig.open_tcp() for _ in range(4)]
        await first.closed_by_server()
        assert not any(endpoint.reading.done() for endpoint in (member, *others))

    async def test_there_is_an_end_to_connections(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rig.worker.tcp, "_most", 2)
        await rig.connect_tcp("pub")
        last = await rig.open_tcp()
        await assert_refused(rig)
        assert not last.reading.done()

    @pytest.mark.parametrize(
        ("files", "connections"), [(resource.RLIM_INFINITY, 4_096), (100_000, 4_096), (1_024, 768), (300, 150)]
    )
    def test_connections_leave_descriptors_for_everything_else(self, files: int, connections: int) -> None:
        assert most_connections(files) == connections

    async def test_a_worker_looks_how_many_it_may_have(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, hard))
        try:
            async with running_worker() as rig:
                assert rig.worker.tcp._most == 768
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    async def test_what_raises_is_counted_and_the_next_packet_is_taken(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher, subscriber = await two_sides_tcp(rig)

        def fail(_: bytes) -> None:
            raise ValueError("unexpected")

        monkeypatch.setattr(rig.worker.transports["pub"], "receive_dtls", fail)
        publisher.send_raw(b"\x16oops")
        publisher.send_rtp(rtp_packet(1, b"frame"))
        assert payload(await subscriber.next_rtp()) == b"frame"
        assert rig.worker.udp.failures == 1
        rig.worker.udp.failures = 0  # this one was meant

    async def test_a_reset_in_the_middle_of_a_frame_harms_nobody(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        strangers = [await rig.open_tcp() for _ in range(10)]
        for stranger in strangers:
            stranger.writer.write(b"\x05\x00half")
            sock = stranger.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stranger.writer.transport.abort()
        await rig.until(lambda: len(rig.worker.tcp.connections) == 2)
        publisher.send_rtp(rtp_packet(1, b"frame"))
        assert payload(await subscriber.next_rtp()) == b"frame"

    async def test_without_file_descriptors_nobody_comes_until_there_are_some(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides_tcp(rig)
        sockets = [socket.socket(socket.AF_INET) for _ in range(3)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (sockets[0].fileno() + 1, hard))
        try:
            for sock in sockets:
                sock.connect(("127.0.0.1", rig.port))
            await rig.until(lambda: rig.worker.tcp._retry is not None)
            publisher.send_rtp(rtp_packet(1, b"frame"))
            assert payload(await subscriber.next_rtp()) == b"frame"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        before = len(rig.worker.tcp.connections)
        retried = asyncio.get_running_loop().time() + 0.5
        await rig.until(lambda: len(rig.worker.tcp.connections) > before)
        assert asyncio.get_running_loop().time() < retried, "not only with the next tick"
        for sock in sockets:
            sock.close()


class TestSlowReaders:
    @pytest.fixture
    async def slow(self, rig: Rig) -> tuple[Endpoint, TcpEndpoint, Endpoint]:
        """A publisher, a subscriber that has stopped reading, and another one by UDP."""
        publisher = await rig.connect("pub")
        subscriber, other = await rig.connect_tcp("sub"), await rig.connect("other")
        rig.produce()
        rig.consume()
        stream = msgspec.structs.replace(SUBSCRIBED, ssrc=600_000, rtx_ssrc=700_000)
        rig.consume(stream, on="other", consumer_id="other")
        subscriber.writer.transport.pause_reading()  # type: ignore[attr-defined]
        return publisher, subscriber, other

    async def fill(self, rig: Rig, publisher: Endpoint, other: Endpoint, start: int = 0, count: int = 8_000) -> int:
        """Send video until it is dropped; return the next sequence number. The other one gets all of it."""
        for number in range(start, start + count):
            failures = rig.worker.udp.send_failures
            publisher.send_rtp(rtp_packet(number, bytes(1_150), marker=True))
            await other.next_rtp()
            if rig.worker.udp.send_failures > failures:
                return number + 1
            rig.time.advance(0.001)
            if number % 2_000 == 1_999:
                rig.tick()
        raise AssertionError("nothing was dropped")

    async def test_what_waits_for_one_is_bounded_and_the_others_get_all(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint]
    ) -> None:
        publisher, _, other = slow
        number = await self.fill(rig, publisher, other)
        connection = connection_of(rig, "sub")
        assert MEDIA_QUEUE_BYTES <= connection.queued_bytes < MEDIA_QUEUE_BYTES + MAX_PACKETS * PACKET_BYTES
        waiting = connection.queued_bytes
        rig.worker.transports["sub"].rtcp.begin_tick()
        rig.worker.transports["sub"].rtcp.show_life()
        assert connection.queued_bytes > waiting, "what is urgent is still taken"
        waiting = connection.queued_bytes
        publisher.send_rtp(rtp_packet(number, bytes(1_150)))
        await other.next_rtp()
        rig.worker.transports["sub"].send_rtp(rtp_packet(7, bytes(1_000)))
        assert connection.queued_bytes == waiting, "and media is not"
        for _ in range(2 * QUEUE_BYTES // 1_000):
            rig.worker.plumbing.send(bytes(1_000), connection.path)
        assert QUEUE_BYTES <= connection.queued_bytes < QUEUE_BYTES + 2_000

    async def test_sound_gets_through_where_pictures_do_not(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint]
    ) -> None:
        publisher, _, other = slow
        rig.produce(AUDIO, producer_id="audio")
        rig.consume(SUBSCRIBED_AUDIO, producer_id="audio", consumer_id="sound")
        number = await self.fill(rig, publisher, other)
        connection = connection_of(rig, "sub")
        waiting, failures = connection.queued_bytes, rig.worker.udp.send_failures
        sound = rtp_packet(1, b"opus" * 20, payload_type=111, ssrc=2_222)
        picture = rtp_packet(number, bytes(1_150))
        for packet in (sound, picture):  # for the same turn of the loop
            publisher.send_rtp(packet)
        await other.next_rtp()
        assert 80 < connection.queued_bytes - waiting < 200
        assert rig.worker.udp.send_failures == failures + 1

    @pytest.mark.parametrize("by_slot", [True, False])
    async def test_also_sound_that_was_overtaken_and_that_is_sent_again(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint], *, by_slot: bool
    ) -> None:
        publisher, subscriber, other = slow
        rig.produce(AUDIO, producer_id="audio")
        if by_slot:
            consume_slots(rig, "sub")
        else:
            rig.consume(SUBSCRIBED_AUDIO, producer_id="audio", consumer_id="sound")
        subscriber.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for number in (0, 2):
            publisher.send_rtp(rtp_packet(number, b"opus" * 20, payload_type=111, ssrc=2_222))
        heard = [parsed(await subscriber.next_rtp()) for _ in range(2)]
        subscriber.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await self.fill(rig, publisher, other)
        udp, connection = rig.worker.udp, connection_of(rig, "sub")
        failures = udp.send_failures
        publisher.send_rtp(rtp_packet(1, b"opus" * 20, payload_type=111, ssrc=2_222))
        await rig.drained()
        assert udp.send_failures == failures, "overtaken"
        subscriber.send_rtcp(rtcp.nack(1, heard[0].ssrc, [heard[0].sequence]))
        await rig.until(lambda: rig.worker.plumbing.counters.retransmissions_out > 0)
        assert udp.send_failures == failures, "sent again"
        assert connection._is_jammed, "all the while"

    async def test_who_reads_again_gets_what_waited_whole_and_then_what_is_new(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint]
    ) -> None:
        publisher, subscriber, other = slow
        number = await self.fill(rig, publisher, other)
        connection = connection_of(rig, "sub")
        subscriber.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await rig.until(lambda: not connection.queued_bytes)
        publisher.send_rtp(rtp_packet(number, b"new", marker=True))
        received = [await subscriber.next_rtp() for _ in range(number)]  # one was dropped, and there is a new one
        assert payload(received[-1]) == b"new"
        sequences = [parsed(packet).sequence for packet in received]
        assert sequences[-1] - sequences[-2] == 2, "a gap where it was dropped"
        assert sequences[:-1] == [sequences[0] + at for at in range(len(sequences) - 1)]

    async def test_who_takes_nothing_any_more_is_closed(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint]
    ) -> None:
        publisher, subscriber, other = slow
        number = await self.fill(rig, publisher, other)
        rig.time.advance(STALL_S + 0.1)
        rig.tick()
        assert rig.worker.transports["sub"].path is None
        assert not rig.worker.tcp.connections
        publisher.send_rtp(rtp_packet(number, b"on"))
        assert payload(await other.next_rtp()) == b"on"
        subscriber.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await subscriber.closed_by_server()

    async def test_a_connection_that_breaks_while_it_is_sent_to_harms_nobody(
        self, rig: Rig, slow: tuple[Endpoint, TcpEndpoint, Endpoint]
    ) -> None:
        publisher, _, other = slow
        connection = connection_of(rig, "sub")
        connection._sock.shutdown(socket.SHUT_WR)  # so that the next write fails before anybody could know
        failures = rig.worker.udp.send_failures
        publisher.send_rtp(rtp_packet(1, b"frame"))
        assert payload(await other.next_rtp()) == b"frame"
        await rig.until(lambda: connection.is_closed)
        assert rig.worker.udp.send_failures == failures + 1
        assert rig.worker.transports["sub"].path is None
