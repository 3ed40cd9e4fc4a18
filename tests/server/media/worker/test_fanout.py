import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from random import Random

import pylibsrtp
import pytest
from pylibsrtp import Policy

from server.media.worker.arrangement import Packet
from server.media.worker.batch import BATCH
from server.media.worker.continuity import Shift
from server.media.worker.fanout import MAX_HELD, PACE_FROM, PACE_UNTIL, Fanout, Lane, Outbox, Target
from server.media.worker.rtp import HEADER_BYTES, parse_header, subscriber_prefix, write_header
from server.media.worker.srtp import PROFILES, Profile, SrtpSession
from server.media.worker.udp import UdpSocket, open_socket
from tests.server.media.worker.test_batch import path_to, receivers

KEY = bytes(range(30))
FIRST = 70_000


@pytest.fixture
async def outbox() -> AsyncIterator[Outbox]:
    with open_socket(0) as sock:
        yield Outbox(UdpSocket(sock, lambda *_: None), asyncio.get_running_loop().call_later)


def key_of(profile: Profile) -> bytes:
    return KEY[: profile.key_bytes + profile.salt_bytes]


def lane_to(sock: socket.socket, profile: Profile = PROFILES[0]) -> Lane:
    return Lane(path_to(sock), profile.tag_bytes)


def target_at(lane: Lane, number: int, profile: Profile = PROFILES[0]) -> Target:
    session = SrtpSession(profile, key_of(profile), is_inbound=False)
    return Target(session, lane, subscriber_prefix(100_000 + number, f"m{number:03d}"), Shift(number))


def packets_of(*payloads: bytes) -> list[Packet]:
    header = bytearray(HEADER_BYTES)
    write_header(
        header,
        0,
        payload_type=101,
        is_marked=False,
        sequence=0,
        timestamp=0,
        send_time=0,
        extension_id=0,
        extension_value=0,
    )
    return [Packet(bytes(header) + payload, FIRST + at, 9, may_be_padded=True) for at, payload in enumerate(payloads)]


def put(fanout: Fanout, *payloads: bytes) -> None:
    for packet in packets_of(*payloads):
        fanout.put(packet)


class Receiver:
    """One subscriber's socket, with its end of SRTP."""

    def __init__(self, sock: socket.socket, profile: Profile = PROFILES[0]) -> None:
        policy = Policy(key=key_of(profile), ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile.libsrtp_profile)
        self._session = pylibsrtp.Session(policy)
        self._sock = sock

    def next(self) -> tuple[int, int, bytes]:
        """Return SSRC, sequence number and payload."""
        packet = self._session.unprotect(self._sock.recv(2_000))
        header = parse_header(packet, len(packet))
        assert header is not None
        return header.ssrc, header.sequence, packet[header.payload_at : header.payload_end]


def has_nothing(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        sock.recv(2_000)
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("payloads", [(b"payload",), (b"one", b"two", b"a longer one", b"4")], ids=["one", "four"])
@pytest.mark.parametrize("count", [1, BATCH, 2 * BATCH + 5])
async def test_every_target_gets_its_own_headers_and_the_same_payloads(
    outbox: Outbox, count: int, payloads: tuple[bytes, ...]
) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, count)
        fanout = outbox.create_fanout()
        profiles = [PROFILES[number % 2] for number in range(count)]
        fanout.aim(
            [
                target_at(lane_to(sock, profile), number, profile)
                for number, (sock, profile) in enumerate(zip(socks, profiles, strict=True))
            ]
        )
        put(fanout, *payloads)
        outbox.end_turn()
        for number, (sock, profile) in enumerate(zip(socks, profiles, strict=True)):
            receiver = Receiver(sock, profile)
            for at, payload in enumerate(payloads):
                assert receiver.next() == (100_000 + number, (FIRST + at - number) & 0xFFFF, payload)


async def test_packets_of_several_streams_share_datagrams(outbox: Outbox) -> None:
    with ExitStack() as stack:
        one, other = receivers(stack, 2)
        lanes = [lane_to(one), lane_to(other)]
        voice, camera, unheard = (outbox.create_fanout() for _ in range(3))
        voice.aim([target_at(lane, 1) for lane in lanes])
        camera.aim([target_at(lanes[0], 2)])
        put(voice, b"voice")
        put(camera, b"a long picture", b"a long picture")
        put(unheard, b"nobody gets this")
        outbox.end_turn()
        receiver = Receiver(one)
        assert [receiver.next()[::2] for _ in range(3)] == [
            (100_002, b"a long picture"),
            (100_002, b"a long picture"),
            (100_001, b"voice"),
        ]
        assert Receiver(other).next()[::2] == (100_001, b"voice")
        assert has_nothing(other)


@pytest.mark.parametrize("seed", range(20))
async def test_everybody_gets_what_they_want_of_it_in_order(outbox: Outbox, seed: int) -> None:
    random = Random(seed)
    with ExitStack() as stack:
        socks = receivers(stack, 5)
        lanes = [lane_to(sock) for sock in socks]
        fanouts = [outbox.create_fanout() for _ in range(6)]
        wanted = [random.sample(range(5), random.randint(0, 5)) for _ in fanouts]
        for number, fanout in enumerate(fanouts):
            fanout.aim([target_at(lanes[at], number) for at in wanted[number]])
        sent = [[packet_of(random.choice((20, 100, 1_100, 1_101)), number) for number in range(9)] for _ in fanouts]
        for number, fanout in enumerate(fanouts):
            sent[number] = sent[number][: random.randint(0, 9)]
            for packet in sent[number]:
                fanout.put(packet)
        outbox.end_turn()
        for at, sock in enumerate(socks):
            receiver = Receiver(sock)
            mine = [number for number in range(6) if at in wanted[number]]
            came: dict[int, list[bytes]] = {100_000 + number: [] for number in mine}
            for _ in range(sum(len(sent[number]) for number in mine)):
                ssrc, _, payload = receiver.next()
                came[ssrc].append(payload)
            assert came == {100_000 + n: [packet.data[HEADER_BYTES:] for packet in sent[n]] for n in mine}
            assert has_nothing(sock)
        assert not outbox.refused


def packet_of(size: int, number: int) -> Packet:
    """Return a packet with `size` bytes of payload that tell its number."""
    (packet,) = packets_of(bytes((number,)) * size)
    return packet._replace(sequence=FIRST + number, may_be_padded=True)


async def test_what_is_held_goes_to_those_of_before(outbox: Outbox) -> None:
    with ExitStack() as stack:
        before, after = receivers(stack, 2)
        fanout = outbox.create_fanout()
        fanout.aim([target_at(lane_to(before), 0)])
        put(fanout, b"payload")
        fanout.aim([target_at(lane_to(after), 0)])
        outbox.end_turn()
        assert Receiver(before).next()[2] == b"payload"
        assert has_nothing(after)


async def test_what_follows_on_another_stream_does_not_overtake(outbox: Outbox) -> None:
    with ExitStack() as stack:
        (sock,) = receivers(stack, 1)
        lane = lane_to(sock)
        small, large = outbox.create_fanout(), outbox.create_fanout()
        small.aim([target_at(lane, 1)])
        put(small, b"small")
        small.aim([])
        large.aim([target_at(lane, 1)])
        large.put(packet_of(1_000, 1))
        outbox.end_turn()
        receiver = Receiver(sock)
        assert [len(receiver.next()[2]) for _ in range(2)] == [5, 1_000]
        assert sum(outbox.delays.distribution().counts) == 2


@pytest.mark.parametrize("packets", [1, 2])
@pytest.mark.parametrize("refusing", [0, 1, 2])
async def test_what_srtp_refuses_does_not_leave_and_the_others_get_theirs(
    outbox: Outbox, refusing: int, packets: int
) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, 3)
        targets = [target_at(lane_to(sock), number) for number, sock in enumerate(socks)]
        fanout = outbox.create_fanout()
        fanout.aim([targets[refusing]])
        put(fanout, b"payload")
        outbox.end_turn()
        socks[refusing].recv(2_000)
        fanout.aim(targets)
        put(fanout, *[b"payload"] * packets)
        outbox.end_turn()
        assert outbox.refused == 1, "the same number again is refused"
        for number, sock in enumerate(socks):
            left = range(number == refusing, packets)
            receiver = Receiver(sock)
            assert [receiver.next()[1] for _ in left] == [(FIRST + at - number) & 0xFFFF for at in left]
            assert has_nothing(sock)


async def test_what_left_is_counted() -> None:
    with ExitStack() as stack:
        udp = UdpSocket(stack.enter_context(open_socket(0)), lambda *_: None)
        outbox = Outbox(udp, asyncio.get_running_loop().call_later)
        fanout = outbox.create_fanout()
        fanout.aim([target_at(lane_to(sock), number) for number, sock in enumerate(receivers(stack, 3))])
        put(fanout, b"one", b"two")
        outbox.end_turn()
        assert (udp.packets_out, udp.send_failures) == (6, 0)
        assert udp.bytes_out == 6 * (HEADER_BYTES + 3 + PROFILES[0].tag_bytes)
        udp.sock.close()
        for packet in packets_of(*[b"lost"] * 4)[2:]:
            fanout.put(packet)
        outbox.end_turn()
        assert (udp.packets_out, udp.send_failures) == (6, 6)


class TestPacing:
    def test_it_begins_with_much_and_ends_with_less(self, outbox: Outbox) -> None:
        seen = []
        for rate in (PACE_UNTIL + 1, PACE_FROM + 1, PACE_UNTIL + 1, PACE_UNTIL, PACE_FROM):
            outbox.pace(rate)
            seen.append(outbox.is_pacing)
        assert seen == [False, True, True, False, False]

    async def test_what_comes_within_milliseconds_leaves_together(self, outbox: Outbox) -> None:
        outbox.pace(PACE_FROM + 1)
        with ExitStack() as stack:
            (sock,) = receivers(stack, 1)
            fanout = outbox.create_fanout()
            fanout.aim([target_at(lane_to(sock), 0)])
            put(fanout, b"one")
            outbox.end_turn()
            assert has_nothing(sock)
            fanout.put(packets_of(b"one", b"two")[1])
            outbox.end_turn()
            readable = asyncio.Event()
            asyncio.get_running_loop().add_reader(sock.fileno(), readable.set)
            async with asyncio.timeout(30):
                await readable.wait()
            asyncio.get_running_loop().remove_reader(sock.fileno())
            receiver = Receiver(sock)
            assert [receiver.next()[2] for _ in range(2)] == [b"one", b"two"]

    async def test_the_delay_of_each_packet_counts_from_the_turn_in_which_it_came(self, outbox: Outbox) -> None:
        outbox.pace(PACE_FROM + 1)
        with ExitStack() as stack:
            fanout = outbox.create_fanout()
            fanout.aim([target_at(lane_to(sock), number) for number, sock in enumerate(receivers(stack, 3))])
            for waited_s, packet in zip((4.0, 2.0), packets_of(b"one", b"two"), strict=True):
                outbox._udp.turn_came_at = time.time() - waited_s
                fanout.put(packet)
                outbox.end_turn()
            outbox.flush()
        delays = outbox.delays.distribution()
        assert delays.counts[-1] == sum(delays.counts) == 6, "each to three subscribers"
        assert 3 * (4 + 2) <= delays.total < 3 * (4 + 2 + 60)

    async def test_not_much_is_held(self, outbox: Outbox) -> None:
        outbox.pace(PACE_FROM + 1)
        with ExitStack() as stack:
            (sock,) = receivers(stack, 1)
            fanout = outbox.create_fanout()
            fanout.aim([target_at(lane_to(sock), 0)])
            put(fanout, *[b"payload"] * MAX_HELD)
            outbox.end_turn()
            assert Receiver(sock).next()[2] == b"payload"
