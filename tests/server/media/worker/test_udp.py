import asyncio
import errno
import socket
import time

import pytest

from server.media.worker.path import Address, Path
from server.media.worker.udp import RECEIVE_AT, UdpSocket, answer_path, arrival, open_socket
from tests.support.waiting import until


@pytest.mark.parametrize(("host", "seen"), [("127.0.0.1", "::ffff:127.0.0.1"), ("::1", "::1")])
async def test_one_socket_serves_ipv4_and_ipv6(host: str, seen: str) -> None:
    received: asyncio.Queue[tuple[bytes, Path]] = asyncio.Queue()

    def on_datagram(size: int, address: Address, ancillary: list[tuple[int, int, bytes]]) -> None:
        data = bytes(udp.buffer.view[RECEIVE_AT : RECEIVE_AT + size])
        received.put_nowait((data, answer_path(address, ancillary)))

    udp = UdpSocket(open_socket(0), on_datagram)
    udp.start()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(b"ping", (host, udp.sock.getsockname()[1]))
        data, path = await asyncio.wait_for(received.get(), 5)
        assert data == b"ping"
        assert path.remote[0] == seen
        udp.send(b"pong", path)
        assert client.recv(100) == b"pong"
    assert (udp.packets_in, udp.bytes_in, udp.packets_out, udp.bytes_out) == (1, 4, 1, 4)
    udp.close()
    udp.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_when_a_datagram_came_is_known_however_late_it_is_read(host: str) -> None:
    arrivals: asyncio.Queue[tuple[float, float]] = asyncio.Queue()
    udp = UdpSocket(open_socket(0), lambda *told: arrivals.put_nowait((arrival(told[2]), udp.turn_came_at)))
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as client:
        udp.start()
        async with asyncio.timeout(30):
            while True:  # a kernel that nobody has asked before begins a little later to take note
                sending_at = time.time()
                client.sendto(b"x", (host, udp.sock.getsockname()[1]))
                sent_at = time.time()
                came_at, turn_came_at = await arrivals.get()
                assert sending_at <= came_at <= time.time()
                assert turn_came_at == came_at, "it is the first of its turn"
                if came_at <= sent_at:
                    break
    assert arrival([]) >= sent_at, "without the kernel's note it is now"
    await until(lambda: udp.turn_came_at == 0)
    udp.close()


async def test_what_cannot_be_sent_is_counted() -> None:
    udp = UdpSocket(open_socket(0), lambda *_: None)
    udp.send(b"x", Path(("::ffff:127.0.0.1", 0, 0, 0), None))
    udp.send(bytes(70_000), Path(("::ffff:127.0.0.1", 9, 0, 0), None))
    assert (udp.send_failures, udp.packets_out) == (2, 0)
    udp.close()


async def test_a_port_in_use_is_an_error() -> None:
    with open_socket(0) as first, pytest.raises(OSError, match="in use") as error:
        open_socket(first.getsockname()[1])
    assert error.value.errno == errno.EADDRINUSE


async def test_a_flood_does_not_keep_the_loop_from_turning() -> None:
    turns = []
    udp = UdpSocket(open_socket(0), lambda *_: turns.append("packet"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(200):
            client.sendto(b"x", ("127.0.0.1", udp.sock.getsockname()[1]))
    udp.start()
    loop = asyncio.get_running_loop()
    while turns.count("packet") < 200:
        loop.call_soon(turns.append, "turn")
        await asyncio.sleep(0)
    longest = max(len(run) for run in "".join("p" if t == "packet" else " " for t in turns).split())
    assert longest <= 64
    udp.close()


async def test_a_turn_ends_for_everybody_also_when_it_fails_for_one() -> None:
    waiting = ["first", "second"]
    ended = []

    def end_turn() -> None:
        while waiting:
            ended.append(waiting.pop(0))
            if ended[-1] == "first":
                raise ValueError("unexpected")

    udp = UdpSocket(open_socket(0), lambda *_: None, end_turn)
    udp.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", udp.sock.getsockname()[1]))
        await until(lambda: udp.packets_in == 1)
    assert ended == ["first", "second"]
    assert udp.failures == 1
    udp.close()
