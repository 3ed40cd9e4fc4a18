"""Addresses of TURN servers as browsers take them (RFC 7065)."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from server.errors import StartupError

_URL = re.compile(
    r"(?P<scheme>turns?):(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)
_DEFAULT_PORT = {"turn": 3478, "turns": 5349}


@dataclass(frozen=True, slots=True)
class TurnUrl:
    """One way to a TURN server."""

    host: str
    """A name or an address, the latter without brackets."""
    port: int
    transport: Literal["udp", "tcp", "tls"]


def parse_turn_url(text: str) -> TurnUrl:
    """Read an address like `turn:turn.example.org:3478?transport=udp`. Raises `StartupError`."""
    match = _URL.fullmatch(text)
    if match is None:
        raise StartupError(f"{text!r} (--turn-urls) is no address like turn:turn.example.org:3478?transport=udp.")
    is_secure = match["scheme"] == "turns"
    if is_secure and match["transport"] == "udp":
        raise StartupError(f"{text!r} (--turn-urls) asks for DTLS, which browsers do not speak to TURN servers.")
    port = int(match["port"] or _DEFAULT_PORT[match["scheme"]])
    if not 0 < port < 65_536:
        raise StartupError(f"{text!r} (--turn-urls) has a port that does not exist.")
    host = match["host"]
    if host.startswith("["):
        host = host[1:-1]
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise StartupError(f"{text!r} (--turn-urls) has a wrong IPv6 address.") from None
    return TurnUrl(host, port, "tls" if is_secure else "tcp" if match["transport"] == "tcp" else "udp")
