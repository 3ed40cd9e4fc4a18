"""A machine without IPv6 has a plain IPv4 socket, with other ancillary data and addresses of another size."""

import errno
import socket

import pytest

from server.media.worker import udp
from tests.server.media.worker.rig import rtp_packet, running_worker
from tests.server.media.worker.test_producer import payload, two_sides


@pytest.fixture
def without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = udp._bind

    def bind_ipv4(family: int, host: str, port: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return bind(family, host, port)

    monkeypatch.setattr(udp, "_bind", bind_ipv4)


@pytest.mark.usefixtures("without_ipv6")
async def test_packets_are_forwarded_all_the_same() -> None:
    async with running_worker() as rig:
        assert rig.worker.udp.sock.family == socket.AF_INET
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"frame"))
        assert payload(await subscriber.next_rtp()) == b"frame"


@pytest.mark.usefixtures("without_ipv6")
async def test_pages_come_by_tcp_all_the_same() -> None:
    async with running_worker() as rig:
        assert rig.worker.tcp.sock.family == socket.AF_INET
        endpoint = await rig.connect_tcp("sub")
        rig.worker.transports["sub"].send_rtp(rtp_packet(1, b"frame"))
        assert payload(await endpoint.next_rtp()) == b"frame"


@pytest.mark.usefixtures("without_ipv6")
async def test_answers_leave_from_the_address_that_was_asked() -> None:
    """All of 127/8 is this machine."""
    async with running_worker() as rig:
        created = rig.create("pub")
        endpoint = await rig.open()
        endpoint.server = ("127.0.0.9", rig.port)
        answer = await endpoint.check(created.username_fragment, created.password)
        assert answer.attributes["XOR-MAPPED-ADDRESS"][0] == "127.0.0.1"
        assert endpoint.sources == {("127.0.0.9", rig.port)}
