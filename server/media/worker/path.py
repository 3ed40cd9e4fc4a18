"""Where a packet goes: as a datagram, from one of this machine's addresses, or as a frame down a TCP connection."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

Address = tuple[Any, ...]
"""As the kernel gives it: host and port, for IPv6 also flow and scope. That of a TCP connection ends with `"tcp"`."""


class Connection(Protocol):
    """A TCP connection, which takes packets in order, or drops them."""

    def send(self, packets: Sequence[bytes | memoryview], *, is_urgent: bool) -> int:
        """Send packets, those that are urgent also when others have to wait; return how many were dropped."""
        ...

    def close(self) -> None:
        """End it. Idempotent."""
        ...


class Path(NamedTuple):
    """The two ends. `source` is the ancillary data that makes the kernel send from that address: level, type, data."""

    remote: Address
    source: tuple[int, int, bytes] | None
    tcp: Connection | None = None
