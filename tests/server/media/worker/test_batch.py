import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from server.media.worker.batch import BATCH, SLOT_BYTES, Batch, Slots, pack_address
from server.media.worker.path import Path
from server.media.worker.udp import answer_path, open_socket


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with open_socket(0) as sock:
        yield sock


def receivers(stack: ExitStack, count: int, host: str = "127.0.0.1") -> list[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socks = [stack.enter_context(socket.socket(family, socket.SOCK_DGRAM)) for _ in range(count)]
    for sock in socks:
        sock.bind((host, 0))
        sock.settimeout(30)
    return socks


def path_to(sock: socket.socket, source: tuple[int, int, bytes] | None = None) -> Path:
    host, port = sock.getsockname()[:2]
    return Path((host if ":" in host else f"::ffff:{host}", port, 0, 0), source)


def fill(batch: Batch, slots: Slots, count: int) -> None:
    for at in range(count):
        data = f"datagram {at}".encode()
        slots.views[at][: len(data)] = data
        batch.lengths[2 * at + 1] = len(data)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_slot_goes_to_its_own_address(sender: socket.socket, host: str) -> None:
    with ExitStack() as stack:
        socks, slots = receivers(stack, BATCH, host), Slots()
        batch = Batch(sender, slots, [path_to(sock) for sock in socks])
        fill(batch, slots, BATCH)
        assert batch.send(0, BATCH) == 0
        assert [sock.recv(SLOT_BYTES) for sock in socks] == [f"datagram {at}".encode() for at in range(BATCH)]


def test_a_datagram_leaves_from_the_address_that_the_path_says(sender: socket.socket) -> None:
    with ExitStack() as stack:
        (sock,) = receivers(stack, 1)
        slots = Slots()
        sock.sendto(b"?", ("127.0.0.9", sender.getsockname()[1]))  # all of 127/8 is this machine
        sender.settimeout(30)
        _, ancillary, _, remote = sender.recvmsg(100, 100)
        path = answer_path(remote, ancillary)
        batch = Batch(sender, slots, [path])
        fill(batch, slots, 1)
        assert batch.send(0, 1) == 0
        assert sock.recvfrom(100) == (b"datagram 0", ("127.0.0.9", sender.getsockname()[1]))


def test_what_the_kernel_refuses_is_counted_and_the_rest_is_sent(sender: socket.socket) -> None:
    with ExitStack() as stack:
        socks, slots = receivers(stack, 2), Slots()
        nowhere = Path(("::ffff:127.0.0.1", 0, 0, 0), None)  # nobody has port 0
        batch = Batch(sender, slots, [path_to(socks[0]), nowhere, path_to(socks[1])])
        fill(batch, slots, 3)
        assert batch.send(0, 3) == 1
        assert [sock.recv(100) for sock in socks] == [b"datagram 0", b"datagram 2"]


def test_whatever_is_wrong_every_datagram_is_counted() -> None:
    with ExitStack() as stack:
        (receiver,) = receivers(stack, 1)
        slots = Slots()
        closed = stack.enter_context(open_socket(0))
        batch = Batch(closed, slots, [path_to(receiver)] * 3)
        closed.close()
        fill(batch, slots, 3)
        assert batch.send(0, 3) == 3


def test_addresses_are_packed_as_the_kernel_reads_them() -> None:
    assert pack_address(socket.AF_INET, ("192.0.2.1", 4_660)).hex() == "02001234c0000201" + "00" * 8
    packed = pack_address(socket.AF_INET6, ("fe80::1%lo", 4_660, 0, 3))
    assert packed.hex() == "0a00123400000000fe80" + "00" * 13 + "0103000000"
