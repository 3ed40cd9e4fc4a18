"""The addresses at which pages reach a media worker, as ICE candidates."""

import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import ifaddr

from protocol.rtp import IceCandidate
from server.errors import StartupError

_MAX_UDP_CANDIDATES = 8
_MAX_TCP_CANDIDATES = 4
"""A page makes a connection to each of them."""
_UDP_PREFERENCE = 126
_TCP_PREFERENCE = 90
"""Below UDP: what is lost on the way keeps all that follows waiting."""
_PASSIVE_PREFERENCE = 4
_COMPONENT = 1
_LOOPBACK = ("127.0.0.1", "::1")
_LOCAL_HOSTS = frozenset({"", "localhost", *_LOOPBACK})

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_announced(addresses: Iterable[str]) -> None:
    """Raise `StartupError` when one of the configured addresses is none."""
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise StartupError(f"{address!r} (--announce-ip) is no IP address.") from None


def reachable_addresses(announced: Sequence[str], public_url: str) -> list[str]:
    """Return the configured addresses, else this machine's own.

    Loopback is only among them when browsers are on this machine (the public URL says localhost), or when there is
    nothing else: a first try without any network still connects.
    """
    if announced:
        return list(announced)
    own = [str(address) for address in _own_addresses()]
    is_local = (urlsplit(public_url).hostname or "") in _LOCAL_HOSTS
    return [*own, *_LOOPBACK] if is_local or not own else own


def create_candidates(addresses: Iterable[str], port: int, *, has_ipv6: bool) -> list[IceCandidate]:
    """Return host candidates for UDP and TCP, the first address being preferred.

    Their priorities are made as RFC 8445 section 5.1.2.1 and RFC 6544 section 4.2 say.
    """
    usable = [text for text in addresses if has_ipv6 or ipaddress.ip_address(text).version == 4]
    datagrams = [
        IceCandidate(
            foundation=f"udp{number}",
            priority=_priority(_UDP_PREFERENCE, 65_535 - number),
            ip=address,
            address=address,
            protocol="udp",
            port=port,
            type="host",
        )
        for number, address in enumerate(usable[:_MAX_UDP_CANDIDATES])
    ]
    connections = [
        IceCandidate(
            foundation=f"tcp{number}",
            priority=_priority(_TCP_PREFERENCE, _PASSIVE_PREFERENCE << 13 | (8_191 - number)),
            ip=address,
            address=address,
            protocol="tcp",
            port=port,
            type="host",
            tcp_type="passive",
        )
        for number, address in enumerate(usable[:_MAX_TCP_CANDIDATES])
    ]
    return datagrams + connections


def _priority(type_preference: int, local_preference: int) -> int:
    return type_preference << 24 | local_preference << 8 | (256 - _COMPONENT)


def _own_addresses() -> list[IpAddress]:
    """List the addresses of this machine that others can reach, IPv4 first."""
    found: list[IpAddress] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = ipaddress.ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0].partition("%")[0])
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.append(address)
    return sorted(found, key=lambda address: address.version)
