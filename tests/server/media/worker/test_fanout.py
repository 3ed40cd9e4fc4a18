import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pylibsrtp
import pytest
from pylibsrtp import Policy

from server.media.worker.batch import BATCH, Segmentation, Slots
from server.media.worker.continuity import Shift
from server.media.worker.fanout import Fanout, Target
from server.media.worker.group import Packet, Segments
from server.media.worker.rtp import HEADER_BYTES, parse_header, subscriber_prefix, write_header
from server.media.worker.srtp import PROFILES, Profile, SrtpSession
from server.media.worker.udp import open_socket
from tests.server.media.worker.test_batch import path_to, receivers

KEY = bytes(range(30))


@pytest.fixture
def fanout() -> Iterator[Fanout]:
    with open_socket(0) as sock:
        yield Fanout(sock, Slots(Segmentation()))


def key_of(profile: Profile) -> bytes:
    return KEY[: profile.key_bytes + profile.salt_bytes]


def target_at(sock: socket.socket, number: int, profile: Profile = PROFILES[0]) -> Target:
    session = SrtpSession(profile, key_of(profile), is_inbound=False)
    return Target(session, path_to(sock), subscriber_prefix(100_000 + number, f"m{number:03d}"), Shift(number))


def segments_of(*payloads: bytes, first: int = 70_000) -> Segments:
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
    packets = [Packet(bytes(header) + payload, first + at, 9) for at, payload in enumerate(payloads)]
    return Segments.of(packets, max(len(packet.data) for packet in packets))


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


@pytest.mark.parametrize("payloads", [(b"payload",), (b"one", b"two", b"a longer one", b"4")], ids=["one", "four"])
@pytest.mark.parametrize("count", [1, BATCH, 2 * BATCH + 5])
def test_every_target_gets_its_own_headers_and_the_same_payloads(
    fanout: Fanout, count: int, payloads: tuple[bytes, ...]
) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, count)
        fanout.aim([target_at(sock, number, PROFILES[number % 2]) for number, sock in enumerate(socks)])
        assert fanout.send(segments_of(*payloads)) == (0, 0)
        for number, sock in enumerate(socks):
            receiver = Receiver(sock, PROFILES[number % 2])
            for at, payload in enumerate(payloads):
                assert receiver.next() == (100_000 + number, (70_000 + at - number) & 0xFFFF, payload)


@pytest.mark.parametrize("packets", [1, 2])
@pytest.mark.parametrize("refusing", [0, 1, 2])
def test_what_srtp_refuses_does_not_leave_and_the_others_get_theirs(
    fanout: Fanout, refusing: int, packets: int
) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, 3)
        targets = [target_at(sock, number) for number, sock in enumerate(socks)]
        segments = segments_of(*[b"payload"] * packets)
        fanout.aim([targets[refusing]])
        fanout.send(segments_of(b"payload"))
        socks[refusing].recv(2_000)
        fanout.aim(targets)
        assert fanout.send(segments) == (0, packets), "the same number again is refused"
        for number, sock in enumerate(socks):
            if number == refusing:
                sock.setblocking(False)
                with pytest.raises(BlockingIOError):
                    sock.recv(2_000)
            else:
                assert Receiver(sock).next()[2] == b"payload"


def test_nobody_gets_nothing(fanout: Fanout) -> None:
    assert fanout.send(segments_of(b"payload")) == (0, 0)
    fanout.aim([])
    assert fanout.send(segments_of(b"payload")) == (0, 0)
