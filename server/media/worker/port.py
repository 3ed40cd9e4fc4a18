"""The worker's port: one number, for UDP and for TCP."""

import errno
import socket

from server.media.worker.tcp import open_listener
from server.media.worker.udp import open_socket

_ATTEMPTS = 32
"""To find a number that is free for both."""


class PortError(Exception):
    """The port cannot be had. Its text is one sentence for whoever started the server."""


def open_port(port: int) -> tuple[socket.socket, socket.socket]:
    """Return a UDP socket and a listening TCP socket on `port`; 0 takes a free one. Raises `PortError`."""
    for _ in range(_ATTEMPTS if port == 0 else 1):
        try:
            udp = open_socket(port)
        except OSError as error:
            raise PortError(_explain(error, "UDP", port)) from None
        try:
            return udp, open_listener(udp.getsockname()[1], udp.family)
        except OSError as error:
            udp.close()
            refused = error
            if error.errno != errno.EADDRINUSE:
                break
    raise PortError(_explain(refused, "TCP", port)) from None


def _explain(error: OSError, protocol: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{protocol} port {port} for media is in use; stop the other program, or choose another with --media-port."
        )
    return f"{protocol} port {port} for media cannot be opened: {error.strerror}."
