import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pylibsrtp
import pytest
from pylibsrtp import Policy

from server.media.worker.batch import BATCH, SLOT_BYTES, Slots
from server.media.worker.fanout import Fanout, Target
from server.media.worker.rtp import HEADER_BYTES, parse_header, subscriber_prefix, write_header
from server.media.worker.srtp import PROFILES, Profile, SrtpSession
from server.media.worker.udp import open_socket
from tests.server.media.worker.test_batch import path_to, receivers

KEY = bytes(range(30))


@pytest.fixture
def fanout() -> Iterator[Fanout]:
    with open_socket(0) as sock:
        yield Fanout(sock, Slots())


def key_of(profile: Profile) -> bytes:
    return KEY[: profile.key_bytes + profile.salt_bytes]


def target_at(sock: socket.socket, number: int, profile: Profile = PROFILES[0]) -> Target:
    session = SrtpSession(profile, key_of(profile), is_inbound=False)
    return Target(session, path_to(sock), subscriber_prefix(100_000 + number, f"m{number:03d}"), number)


def packet_of(payload: bytes) -> tuple[memoryview, int]:
    buffer = bytearray(SLOT_BYTES)
    write_header(
        buffer,
        0,
        payload_type=101,
        is_marked=False,
        sequence=0,
        timestamp=0,
        send_time=0,
        extension_id=0,
        extension_value=0,
    )
    buffer[HEADER_BYTES : HEADER_BYTES + len(payload)] = payload
    return memoryview(buffer), HEADER_BYTES + len(payload)


def received(sock: socket.socket, profile: Profile = PROFILES[0]) -> tuple[int, int, bytes]:
    policy = Policy(key=key_of(profile), ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile.libsrtp_profile)
    packet = pylibsrtp.Session(policy).unprotect(sock.recv(2_000))
    header = parse_header(packet, len(packet))
    assert header is not None
    return header.ssrc, header.sequence, packet[header.payload_at :]


@pytest.mark.parametrize("count", [1, BATCH, 2 * BATCH + 1])
def test_every_target_gets_its_own_header_and_the_same_payload(fanout: Fanout, count: int) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, count)
        fanout.aim([target_at(sock, number, PROFILES[number % 2]) for number, sock in enumerate(socks)])
        packet, size = packet_of(b"payload")
        assert fanout.send(packet, size, 70_000, 9) == (0, 0)
        for number, sock in enumerate(socks):
            expected = (100_000 + number, (70_000 - number) & 0xFFFF, b"payload")
            assert received(sock, PROFILES[number % 2]) == expected


@pytest.mark.parametrize("refusing", [0, 1, 2])
def test_what_srtp_refuses_does_not_leave_and_the_others_get_theirs(fanout: Fanout, refusing: int) -> None:
    with ExitStack() as stack:
        socks = receivers(stack, 3)
        targets = [target_at(sock, number) for number, sock in enumerate(socks)]
        packet, size = packet_of(b"payload")
        fanout.aim([targets[refusing]])
        fanout.send(packet, size, 70_000, 9)
        socks[refusing].recv(2_000)
        fanout.aim(targets)
        assert fanout.send(packet, size, 70_000, 9) == (0, 1), "the same number again is refused"
        for number, sock in enumerate(socks):
            if number == refusing:
                sock.setblocking(False)
                with pytest.raises(BlockingIOError):
                    sock.recv(2_000)
            else:
                assert received(sock)[2] == b"payload"


def test_nobody_gets_nothing(fanout: Fanout) -> None:
    packet, size = packet_of(b"payload")
    assert fanout.send(packet, size, 1, 1) == (0, 0)
    fanout.aim([])
    assert fanout.send(packet, size, 2, 1) == (0, 0)
