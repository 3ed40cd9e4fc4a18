import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from server.media.worker.batch import (
    _MAX_REFUSALS,
    _REST,
    BATCH,
    PACKET_BYTES,
    Batch,
    can_segment,
    pack_address,
)
from server.media.worker.path import Path
from server.media.worker.udp import answer_path, open_socket

SO_NO_CHECK = 11
NOWHERE = Path(("::ffff:127.0.0.1", 0, 0, 0), None)
"""Nobody has port 0."""


def pktinfo(host: str) -> tuple[int, int, bytes]:
    """Return the source of a path that leaves from an IPv4 address, on a dual-stack socket."""
    address = socket.inet_pton(socket.AF_INET6, f"::ffff:{host}")
    return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, address + bytes(4)


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


def fill(batch: Batch, paths: list[Path], packets: int = 1) -> list[list[bytes]]:
    """Put a datagram of so many packets for each path into the slots; return what each receiver is to get."""
    expected = [[f"datagram {at:2} {number}".encode() for number in range(packets)] for at in range(len(paths))]
    for at, (path, parts) in enumerate(zip(paths, expected, strict=True)):
        parts[-1] = parts[-1][:-1]  # the last one may be shorter
        data = b"".join(parts)
        batch.views[at][: len(data)] = data
        batch.put(at, batch.route(path), len(data), len(parts[0]) if packets > 1 else len(data))
    return expected


def received(sock: socket.socket, count: int = 1) -> list[bytes]:
    return [sock.recv(PACKET_BYTES) for _ in range(count)]


@pytest.mark.parametrize("packets", [1, 2, 10])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_slot_goes_to_its_own_address_in_packets(sender: socket.socket, host: str, packets: int) -> None:
    assert can_segment(sender)
    with ExitStack() as stack:
        socks, batch = receivers(stack, BATCH, host), Batch(sender)
        expected = fill(batch, [path_to(sock) for sock in socks], packets)
        assert batch.send(BATCH) == 0
        assert [received(sock, packets) for sock in socks] == expected


def test_datagrams_of_a_batch_are_cut_differently(sender: socket.socket) -> None:
    with ExitStack() as stack:
        (one, two, three), batch = receivers(stack, 3), Batch(sender)
        for at, (sock, size, stride) in enumerate(((one, 9, 9), (two, 9, 4), (three, 8, 4))):
            batch.views[at][:size] = bytes(range(size))
            batch.put(at, batch.route(path_to(sock)), size, stride)
        assert batch.send(3) == 0
        assert [len(data) for sock, count in ((one, 1), (two, 3), (three, 2)) for data in received(sock, count)] == [
            9,
            *(4, 4, 1),
            *(4, 4),
        ]


@pytest.mark.parametrize("packets", [1, 3])
def test_a_datagram_leaves_from_the_address_that_the_path_says(sender: socket.socket, packets: int) -> None:
    with ExitStack() as stack:
        (sock,) = receivers(stack, 1)
        sock.sendto(b"?", ("127.0.0.9", sender.getsockname()[1]))  # all of 127/8 is this machine
        sender.settimeout(30)
        _, ancillary, _, remote = sender.recvmsg(100, 100)
        batch = Batch(sender)
        ((expected, *_),) = fill(batch, [answer_path(remote, ancillary)], packets)
        assert batch.send(1) == 0
        assert sock.recvfrom(100) == (expected, ("127.0.0.9", sender.getsockname()[1]))


@pytest.mark.parametrize("packets", [1, 3])
def test_what_the_kernel_refuses_is_counted_and_the_rest_is_sent(sender: socket.socket, packets: int) -> None:
    with ExitStack() as stack:
        socks, batch = receivers(stack, 2), Batch(sender)
        expected = fill(batch, [path_to(socks[0]), NOWHERE, path_to(socks[1])], packets)
        assert batch.send(3) == packets
        assert [received(sock, packets) for sock in socks] == [expected[0], expected[2]]


def test_without_segmentation_the_packets_leave_one_by_one() -> None:
    """The kernel cuts nothing for a socket without checksums."""
    with ExitStack() as stack:
        sender = stack.enter_context(open_socket(0))
        sender.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        socks, batch = receivers(stack, 2), Batch(sender)
        for _ in range(_MAX_REFUSALS // 2):
            assert batch.segmentation.max_packets() > 1
            expected = fill(batch, [path_to(sock, pktinfo("127.0.0.9")) for sock in socks], 3)
            assert batch.send(2) == 0
            assert [received(sock, 3) for sock in socks] == expected
        limits = [batch.segmentation.max_packets() for _ in range(_REST + 1)]
        assert set(limits[:-1]) == {1}, "and it is asked no more"
        assert limits[-1] > 1, "for a while"


def test_single_packets_in_between_do_not_hide_that_groups_are_refused() -> None:
    with ExitStack() as stack:
        sender = stack.enter_context(open_socket(0))
        sender.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        (sock,), batch = receivers(stack, 1), Batch(sender)
        for _ in range(_MAX_REFUSALS):
            assert batch.segmentation.max_packets() > 1
            fill(batch, [path_to(sock)], 2)
            batch.send(1)
            fill(batch, [path_to(sock)], 1)
            batch.send(1)
            received(sock, 3)
        assert batch.segmentation.max_packets() == 1


def test_a_refusal_now_and_then_does_not_end_segmentation(sender: socket.socket) -> None:
    with ExitStack() as stack:
        (sock,) = receivers(stack, 1)
        batch = Batch(sender)
        for _ in range(2 * _MAX_REFUSALS):
            fill(batch, [NOWHERE, path_to(sock)], 2)
            assert batch.send(2) == 2
            received(sock, 2)
        assert batch.segmentation.max_packets() > 1


@pytest.mark.parametrize("packets", [1, 2])
def test_whatever_is_wrong_every_packet_is_counted(packets: int) -> None:
    with ExitStack() as stack:
        (receiver,) = receivers(stack, 1)
        closed = stack.enter_context(open_socket(0))
        batch = Batch(closed)
        closed.close()
        fill(batch, [path_to(receiver)] * 3, packets)
        assert batch.send(3) == 3 * packets


def test_addresses_are_packed_as_the_kernel_reads_them() -> None:
    assert pack_address(socket.AF_INET, ("192.0.2.1", 4_660)).hex() == "02001234c0000201" + "00" * 8
    packed = pack_address(socket.AF_INET6, ("fe80::1%lo", 4_660, 0, 3))
    assert packed.hex() == "0a00123400000000fe80" + "00" * 13 + "0103000000"
