import socket
import struct
import time

from hypothesis import given
from hypothesis import strategies as st

from loadtest.bots.ancillary import (
    CONTROL_BYTES,
    SO_TIMESTAMPNS,
    SOL_UDP,
    TIMESPEC,
    UDP_GRO,
    accept_uncut,
    are_single,
    read_arrival_ns,
    read_strides,
)

Told = tuple[int | None, int | None, bool]
"""When a datagram came, how far apart its packets are, which of both is told first."""
TOLD = st.tuples(st.none() | st.integers(0, 2**62), st.none() | st.integers(1, 65_507), st.booleans())


def pack(level: int, kind: int, data: bytes) -> bytes:
    return struct.pack("@Nii", 16 + len(data), level, kind) + data + bytes(-len(data) % 8)


def pack_all(told: Told) -> bytes:
    arrived_at_ns, stride, is_stamp_first = told
    parts = []
    if arrived_at_ns is not None:
        stamp = TIMESPEC.pack(*divmod(arrived_at_ns, 1_000_000_000))
        parts.append(pack(socket.SOL_SOCKET, SO_TIMESTAMPNS, stamp))
    if stride is not None:
        parts.append(pack(SOL_UDP, UDP_GRO, struct.pack("@i", stride)))
    return b"".join(parts if is_stamp_first else reversed(parts))


@given(st.lists(TOLD, max_size=5), st.binary(min_size=CONTROL_BYTES, max_size=CONTROL_BYTES))
def test_what_is_told_is_found_in_any_order_and_nothing_else_is(datagrams: list[Told], stale: bytes) -> None:
    packed = [pack_all(told) for told in datagrams]
    control = bytearray(b"".join(one + stale[len(one) :] for one in packed))
    lengths, sizes = [len(one) for one in packed], [70_000 + number for number in range(len(packed))]
    strides = [stride for _, stride, _ in datagrams]
    assert are_single(lengths) == (strides == [None] * len(strides))
    assert read_strides(control, lengths, sizes) == [
        size if stride is None else stride for size, stride in zip(sizes, strides, strict=True)
    ]
    before = time.time_ns()
    for number, (arrived_at_ns, _, _) in enumerate(datagrams):
        read = read_arrival_ns(control, number, lengths[number])
        assert read == arrived_at_ns or (arrived_at_ns is None and before <= read <= time.time_ns())


def test_a_kernel_that_always_cuts_is_lived_with() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as without_udp:
        accept_uncut(without_udp)
