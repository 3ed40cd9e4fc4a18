"""The configuration of a coturn that relays to our media server, and to nothing else."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.errors import StartupError
from server.turn.urls import TurnUrl

USER_QUOTA = 64
"""Relays of one person: two transports of each open page, each over every URL and every network of the device."""
TOTAL_QUOTA = 4_000

_HEAD = """\
# coturn for Roundup, written by `roundup coturn-config`. It holds the shared secret: let only coturn read it.
# Start it with `turnserver -c THIS_FILE`; Debian's service `coturn` reads /etc/turnserver.conf.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoturnOptions:
    """What differs from one installation to the next."""

    urls: Sequence[TurnUrl]
    secret: str = field(repr=False)
    media_ips: Sequence[str]
    """Addresses that the media server is reached at: relays lead there only."""
    listening_ips: Sequence[str] = ()
    """Empty: every address of the machine."""
    external_ip: str = ""
    """The public address of a machine that has only a private one itself."""
    relay_ports: tuple[int, int] = (49_152, 65_535)
    tls_cert: Path | None = None
    tls_key: Path | None = None


def render_coturn_config(options: CoturnOptions) -> str:
    """Return the configuration file. Raises `StartupError` for what coturn could not do."""
    sections = (_identity(options), _listening(options), _peers(options), _limits(options), _quiet())
    return _HEAD + "".join("\n" + "".join(f"{line}\n" for line in lines) for lines in sections)


def _identity(options: CoturnOptions) -> Iterable[str]:
    yield f"realm={options.urls[0].host}"
    yield "use-auth-secret"
    yield f"static-auth-secret={options.secret}"
    yield "fingerprint"


def _listening(options: CoturnOptions) -> Iterable[str]:
    transports = {url.transport for url in options.urls}
    plain = _port([url for url in options.urls if url.transport != "tls"], "turn:")
    secure = _port([url for url in options.urls if url.transport == "tls"], "turns:")
    for address in options.listening_ips:
        yield f"listening-ip={_address(address)}"
        yield f"relay-ip={_address(address)}"
    if options.external_ip:
        yield f"external-ip={_address(options.external_ip)}"
    if plain is not None:
        yield f"listening-port={plain}"
    if "udp" not in transports:
        yield "no-udp"
    if "tcp" not in transports:
        yield "no-tcp"
    yield "no-dtls"
    if secure is None:
        yield "no-tls"
        return
    if options.tls_cert is None or options.tls_key is None:
        raise StartupError("A turns: address needs a certificate for its host: --tls-cert and --tls-key.")
    yield f"tls-listening-port={secure}"
    yield f"cert={options.tls_cert.resolve()}"
    yield f"pkey={options.tls_key.resolve()}"
    yield "no-tlsv1"
    yield "no-tlsv1_1"


def _peers(options: CoturnOptions) -> Iterable[str]:
    """Deny everything, then allow the media server (coturn: what is allowed beats what is denied)."""
    if not options.media_ips:
        raise StartupError(
            "coturn has to know the media server's addresses, the only ones it relays to: --announce-ip."
        )
    allowed = [_address(address) for address in options.media_ips]
    yield "no-multicast-peers"
    yield "no-tcp-relay"
    yield "denied-peer-ip=0.0.0.0-255.255.255.255"
    yield "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    for address in allowed:
        yield f"allowed-peer-ip={address}"
    if any(address.is_loopback for address in allowed):
        yield "allow-loopback-peers"  # to try it on one machine; the lines above still rule


def _limits(options: CoturnOptions) -> Iterable[str]:
    first, last = options.relay_ports
    if not 0 < first <= last < 65_536:
        raise StartupError(f"{first}-{last} (--relay-ports) is no range of ports.")
    yield f"min-port={first}"
    yield f"max-port={last}"
    yield f"user-quota={USER_QUOTA}"
    yield f"total-quota={TOTAL_QUOTA}"
    yield "stale-nonce=600"


def _quiet() -> Iterable[str]:
    """Leave out what only serves to look around, and write logs where the service manager expects them."""
    yield "no-cli"
    yield "no-rfc5780"
    yield "no-stun-backward-compatibility"
    yield "no-software-attribute"
    yield "log-file=stdout"
    yield "simple-log"


def _port(urls: Sequence[TurnUrl], scheme: str) -> int | None:
    ports = {url.port for url in urls}
    if len(ports) > 1:
        raise StartupError(f"One coturn takes one port for all its {scheme} addresses, not {sorted(ports)}.")
    return ports.pop() if ports else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise StartupError(f"{text!r} is no IP address.") from None
