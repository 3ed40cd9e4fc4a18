"""Where e-mail goes, as operators write it: `smtp://USER:PASSWORD@HOST:587`, and who it is from."""

import ipaddress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from server.errors import StartupError

_DEFAULT_PORT = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A server that takes e-mail."""

    host: str
    port: int
    is_tls: bool
    """From the first byte; else by STARTTLS."""
    needs_tls: bool
    """Whether nothing is sent without TLS."""
    user: str = ""
    password: str = field(default="", repr=False)


def parse_smtp_url(text: str) -> SmtpServer:
    """Read the URL. Raises `StartupError`, which quotes nothing of it: there is a password in it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_understood() from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    is_whole = parts.scheme in _DEFAULT_PORT and host and port != 0 and parts.netloc.count("@") <= 1
    if not is_whole or parts.path not in ("", "/") or parts.query or parts.fragment or bool(user) != bool(password):
        raise _not_understood()
    is_tls = parts.scheme == "smtps"
    return SmtpServer(
        host=host,
        port=port or _DEFAULT_PORT[parts.scheme],
        is_tls=is_tls,
        needs_tls=is_tls or not is_loopback(host),
        user=user,
        password=password,
    )


def parse_sender(text: str) -> Address:
    """Read who e-mail is from: `roundup@school.example`, or with a name before it. Raises `StartupError`."""
    name, email = parseaddr(text)
    try:
        address = Address(name, addr_spec=email)
        address.addr_spec.encode("ascii")
    except (ValueError, IndexError, MessageError):
        address = Address()
    # parseaddr drops what it does not understand, so that something else than was meant may be left.
    if not address.username or "." not in address.domain or not text.isprintable() or text.count("@") != 1:
        raise StartupError(f"--mail-from {text!r} is no address like roundup@school.example.")
    return address


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, whatever its names are said to mean."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _not_understood() -> StartupError:
    return StartupError(
        "--smtp-url is not understood; it looks like smtp://USER:PASSWORD@HOST:587, with every special character of "
        "the password as % and two digits."
    )
