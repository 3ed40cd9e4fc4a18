import socket
import time
from collections.abc import Iterator

import pytest

from loadtest.bots.batch import SLOT_BYTES, SLOTS, SO_TIMESTAMPNS, Batch, count_kernel_drops


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind(("127.0.0.1", 0))
        yield sock


@pytest.fixture
def sender(receiver: socket.socket) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(receiver.getsockname())
        yield sock


def take(batch: Batch, receiver: socket.socket) -> list[bytes]:
    sizes = batch.receive(receiver.fileno())
    return [bytes(batch.buffer[n * SLOT_BYTES : n * SLOT_BYTES + size]) for n, size in enumerate(sizes)]


def test_many_datagrams_come_by_one_call_in_order(receiver: socket.socket, sender: socket.socket) -> None:
    batch, packets = Batch(), [bytes([number]) * (number + 1) for number in range(SLOTS + 3)]
    for packet in packets:
        sender.send(packet)
    assert take(batch, receiver) == packets[:SLOTS]
    assert take(batch, receiver) == packets[SLOTS:]
    assert take(batch, receiver) == []


def test_each_has_the_instant_of_its_arrival_in_every_batch(receiver: socket.socket, sender: socket.socket) -> None:
    batch = Batch()
    for _ in range(3):
        before = time.time_ns()
        sender.send(b"one")
        between = time.time_ns()
        sender.send(b"two")
        assert len(take(batch, receiver)) == 2
        assert before <= batch.arrived_at_ns(0) <= between <= batch.arrived_at_ns(1) <= time.time_ns()


def test_a_socket_without_time_stamps_takes_no_room_from_the_next_one(
    receiver: socket.socket, sender: socket.socket
) -> None:
    batch = Batch()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.bind(("127.0.0.1", 0))
        sender.sendto(b"plain", plain.getsockname())
        assert take(batch, plain) == [b"plain"]
    before = time.time_ns()
    sender.send(b"stamped")
    assert take(batch, receiver) == [b"stamped"]
    assert before <= batch.arrived_at_ns(0) <= time.time_ns()


def test_what_fits_no_slot_is_cut_off(receiver: socket.socket, sender: socket.socket) -> None:
    sender.send(bytes(SLOT_BYTES + 1))
    assert [len(packet) for packet in take(Batch(), receiver)] == [SLOT_BYTES]


def test_an_error_of_the_socket_is_raised(receiver: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        receiver.connect(gone.getsockname())
    receiver.send(b"to nobody")
    with pytest.raises(ConnectionRefusedError):
        Batch().receive(receiver.fileno())


def test_what_the_kernel_drops_is_known(receiver: socket.socket, sender: socket.socket) -> None:
    assert count_kernel_drops(receiver) == 0
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    for _ in range(20):
        sender.send(bytes(1_000))
    received = len(take(Batch(), receiver))
    assert 0 < received < 20
    assert count_kernel_drops(receiver) == 20 - received
