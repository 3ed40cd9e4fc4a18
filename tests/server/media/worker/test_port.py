import errno
import socket

import pytest

from server.media.worker import port as port_module
from server.media.worker.port import PortError, open_port
from server.media.worker.tcp import open_listener
from server.media.worker.udp import open_socket


def test_udp_and_tcp_have_the_same_number() -> None:
    udp, tcp = open_port(0)
    with udp, tcp:
        assert udp.getsockname()[1] == tcp.getsockname()[1] > 0
        assert (udp.type, tcp.type, udp.family) == (socket.SOCK_DGRAM, socket.SOCK_STREAM, tcp.family)


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_a_number_that_one_of_them_cannot_have_is_a_sentence(protocol: str) -> None:
    with open_socket(0) if protocol == "UDP" else open_listener(0, socket.AF_INET6) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"^{protocol} port {number} for media is in use; .* --media-port\.$"):
            open_port(number)
    udp, tcp = open_port(number)  # nothing was left open
    udp.close()
    tcp.close()


def test_a_free_port_is_free_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first number that the kernel offers for UDP is somebody's for TCP."""
    with open_listener(0, socket.AF_INET6) as taken:
        offers = [taken.getsockname()[1]]
        monkeypatch.setattr(port_module, "open_socket", lambda port: open_socket(offers.pop() if offers else port))
        udp, tcp = open_port(0)
    with udp, tcp:
        assert not offers
        assert udp.getsockname()[1] == tcp.getsockname()[1]


def test_what_else_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(port: int, family: int) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(port_module, "open_listener", refuse)
    with pytest.raises(PortError, match=r"^TCP port 0 for media cannot be opened: Permission denied\.$"):
        open_port(0)
