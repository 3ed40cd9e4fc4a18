"""The sockets that browsers connect to, opened before anything else is started: a port in use shows at once."""

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import Any

from server.errors import StartupError

_Address = tuple[Any, ...]
"""Host, port, and for IPv6 two more, as the socket module has it."""

_BACKLOG = 1_024
"""A whole programme comes at nine o'clock."""
_ATTEMPTS = 10
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that `host` stands for (an empty one: all of this machine); port 0 takes a free one.

    Raises `StartupError` when the port is taken, or the host is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartupError(f"The host {host!r} is not known.") from error
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    for attempt in range(_ATTEMPTS):
        try:
            return _listen_on_all(list(addresses), may_lack_a_family=not host)
        except OSError as error:
            # A free port of one address may be taken on another.
            is_unlucky = port == 0 and error.errno == errno.EADDRINUSE and attempt < _ATTEMPTS - 1
            if not is_unlucky:
                raise StartupError(_why(host, port, error)) from error
    raise AssertionError("the last attempt returns or raises")


def _listen_on_all(addresses: list[tuple[int, _Address]], *, may_lack_a_family: bool) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for family, address in addresses:
            # All addresses get the port that the first one was given.
            port = sockets[0].getsockname()[1] if sockets else address[1]
            try:
                sockets.append(_listen(family, (address[0], port, *address[2:])))
            except OSError as error:
                is_last_hope = not sockets and family == addresses[-1][0]
                if not may_lack_a_family or is_last_hope or error.errno not in _NO_SUCH_FAMILY:
                    raise
    except BaseException:
        for opened in sockets:
            opened.close()
        raise
    return sockets


def _listen(family: int, address: _Address) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # A restart need not wait for connections of the server before to be forgotten.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
        opened.setblocking(False)
    except BaseException:
        opened.close()
        raise
    return opened


def load_tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the context for HTTPS; `None` without a certificate. Raises `StartupError` when it cannot be used."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        missing = "--tls-cert" if cert is None else "--tls-key"
        raise StartupError(f"HTTPS needs a certificate and its key: {missing} is missing.")
    for path in (cert, key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise StartupError(f"The TLS file {path} cannot be read: {error.strerror}.") from error
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A key with a passphrase would have OpenSSL ask for it on the terminal.
        context.load_cert_chain(cert, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise StartupError(f"The certificate {cert} and the key {key} cannot be used together as PEM files.") from error
    return context


def _why(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is already in use; stop the other program, or choose another port with --port."
        case errno.EACCES:
            return f"Port {port} needs more rights than this user has; choose one from 1024 up with --port."
        case errno.EADDRNOTAVAIL:
            return f"The host {host!r} is not an address of this machine."
        case _:
            return f"Port {port} of {host!r} cannot be opened: {error.strerror}."
