"""Where a datagram goes, and from which of this machine's addresses."""

from typing import Any, NamedTuple

Address = tuple[Any, ...]
"""As `recvmsg` returns it: host and port, for IPv6 also flow and scope."""


class Path(NamedTuple):
    """The two ends. `source` is the ancillary data that makes the kernel send from that address: level, type, data."""

    remote: Address
    source: tuple[int, int, bytes] | None
