import socket
import struct
import time
from collections.abc import Iterator

import pytest

from loadtest.bots.ancillary import SO_TIMESTAMPNS, accept_uncut
from loadtest.bots.batch import SLOT_BYTES, SLOTS, Batch, count_kernel_drops

SOL_UDP, UDP_SEGMENT = 17, 103


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        accept_uncut(sock)
        sock.bind(("127.0.0.1", 0))
        yield sock


@pytest.fixture
def sender(receiver: socket.socket) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(receiver.getsockname())
        yield sock


def send_uncut(sender: socket.socket, packets: list[bytes], receiver: socket.socket | None = None) -> None:
    """Send packets of one length, the last one perhaps shorter, as one datagram that somebody has to cut."""
    address = [receiver.getsockname()] if receiver else []
    sender.sendmsg(packets, [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(packets[0])))], 0, *address)


def take(batch: Batch, receiver: socket.socket) -> list[bytes]:
    batch.receive(receiver.fileno())
    return [batch.packet(position)[0] for position in range(len(batch.headers) // 3)]


def arrivals(batch: Batch) -> list[int]:
    return [batch.packet(position)[1] for position in range(len(batch.headers) // 3)]


def rtp(sequence: int, size: int) -> bytes:
    return struct.pack("!HHII", 0x8065, sequence, 7, 8) + bytes([sequence]) * (size - 12)


def fields(*sequences: int) -> list[int]:
    return [field for sequence in sequences for field in (0x8065, sequence, 8)]


def test_many_datagrams_come_by_one_call_in_order(receiver: socket.socket, sender: socket.socket) -> None:
    batch, packets = Batch(), [bytes([number]) * (number + 1) for number in range(SLOTS + 3)]
    for packet in packets:
        sender.send(packet)
    assert take(batch, receiver) == packets[:SLOTS]
    assert take(batch, receiver) == packets[SLOTS:]
    assert take(batch, receiver) == []


@pytest.mark.parametrize("sizes", [[1_500] * 16, [1_100, 1_100, 120], [130] * 5, [200, 1], [13, 13, 12]])
def test_packets_of_one_datagram_come_uncut(receiver: socket.socket, sender: socket.socket, sizes: list[int]) -> None:
    packets = [rtp(number, size) if size >= 12 else b"x" * size for number, size in enumerate(sizes)]
    batch = Batch()
    before = time.time_ns()
    send_uncut(sender, packets)
    after = time.time_ns()
    assert batch.receive(receiver.fileno()) == 1
    count = len(batch.headers) // 3
    assert [batch.packet(position)[0] for position in range(count)] == packets
    stamps = arrivals(batch)
    assert before <= stamps[0] <= after
    assert stamps == stamps[:1] * count


def test_headers_are_of_packets_wherever_they_lie(receiver: socket.socket, sender: socket.socket) -> None:
    batch = Batch()
    sender.send(rtp(1, 12))
    sender.send(rtp(2, 1_000))
    take(batch, receiver)
    assert list(batch.headers) == fields(1, 2)
    send_uncut(sender, [rtp(3, 500), rtp(4, 500), rtp(5, 40)])
    sender.send(rtp(6, 80))
    send_uncut(sender, [rtp(7, 90), rtp(8, 12)])
    assert [len(packet) for packet in take(batch, receiver)] == [500, 500, 40, 80, 90, 12]
    assert list(batch.headers) == fields(3, 4, 5, 6, 7, 8)
    sender.send(rtp(9, 80))
    take(batch, receiver)
    assert list(batch.headers) == fields(9)


def test_what_is_shorter_than_a_header_has_zeros_for_one(receiver: socket.socket, sender: socket.socket) -> None:
    batch = Batch()
    send_uncut(sender, [rtp(1, 100), rtp(2, 100), b"\x80"])
    sender.send(b"")
    sender.send(rtp(3, 50)[:11])
    send_uncut(sender, [b"ab", b"cd"])
    sender.send(rtp(4, 12))
    assert take(batch, receiver) == [
        rtp(1, 100), rtp(2, 100), b"\x80", b"", rtp(3, 50)[:11], b"ab", b"cd", rtp(4, 12)
    ]  # fmt: skip
    assert list(batch.headers) == [*fields(1, 2), *[0] * 15, *fields(4)]


def test_each_has_the_instant_of_its_arrival_in_every_batch(receiver: socket.socket, sender: socket.socket) -> None:
    batch = Batch()
    for _ in range(3):
        before = time.time_ns()
        sender.send(b"one")
        between = time.time_ns()
        send_uncut(sender, [b"two", b"2"])
        assert take(batch, receiver) == [b"one", b"two", b"2"]
        first, second, third = arrivals(batch)
        assert before <= first <= between <= second == third <= time.time_ns()


def test_a_socket_without_time_stamps_takes_no_room_from_the_next_one(
    receiver: socket.socket, sender: socket.socket
) -> None:
    batch = Batch()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.bind(("127.0.0.1", 0))
        sender.sendto(b"plain", plain.getsockname())
        assert take(batch, plain) == [b"plain"]
        accept_uncut(plain)
        send_uncut(sender, [b"more", b"or"], plain)
        before = time.time_ns()
        assert take(batch, plain) == [b"more", b"or"]
        assert before <= arrivals(batch)[1]
    before = time.time_ns()
    sender.send(b"stamped")
    after = time.time_ns()
    assert take(batch, receiver) == [b"stamped"]
    assert before <= arrivals(batch)[0] <= after


def test_a_socket_that_asks_for_nothing_gets_packets_cut(sender: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.bind(("127.0.0.1", 0))
        send_uncut(sender, [b"one", b"two", b"3"], plain)
        batch = Batch()
        assert batch.receive(plain.fileno()) == 3
        assert [batch.packet(position)[0] for position in range(3)] == [b"one", b"two", b"3"]


def test_what_fits_no_slot_is_cut_off(receiver: socket.socket, sender: socket.socket) -> None:
    sender.send(bytes(SLOT_BYTES + 1))
    assert [len(packet) for packet in take(Batch(), receiver)] == [SLOT_BYTES]
    send_uncut(sender, [bytes(1_600)] * 20)
    sender.send(b"next")
    sizes = [len(packet) for packet in take(Batch(), receiver)]
    whole, rest = divmod(SLOT_BYTES, 1_600)
    assert sizes == [1_600] * whole + [rest, 4]


def test_an_error_of_the_socket_is_raised(receiver: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        receiver.connect(gone.getsockname())
    receiver.send(b"to nobody")
    batch = Batch()
    with pytest.raises(ConnectionRefusedError):
        batch.receive(receiver.fileno())
    assert list(batch.headers) == []


def test_what_the_kernel_drops_is_known(receiver: socket.socket, sender: socket.socket) -> None:
    assert count_kernel_drops(receiver) == 0
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    for _ in range(20):
        sender.send(bytes(1_000))
    received = len(take(Batch(), receiver))
    assert 0 < received < 20
    assert count_kernel_drops(receiver) == 20 - received
