"""The worker's process: from the open socket to the control side until that closes."""

import asyncio
import contextlib
import ctypes
import gc
import signal
import socket

import msgspec

from server.media.messages import AnyEvent, Started, StartFailed
from server.media.rpc import Peer, PeerGoneError
from server.media.worker.dtls import create_certificate
from server.media.worker.port import PortError, open_port
from server.media.worker.worker import Worker

_PR_SET_PDEATHSIG = 1


def run(control: socket.socket, piping: socket.socket, port: int) -> None:
    """Serve on `port`, UDP and TCP, until `control` closes; 0 takes a free port. `piping` is for other workers."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # also sent to us, but for the server, which then closes our socket
        signal.signal(asked, signal.SIG_IGN)
    # The end of the socket ends a worker that runs. One that is stopped or hangs would keep its port from a new server.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    asyncio.run(_run(control, piping, port))


async def _run(control: socket.socket, piping: socket.socket, port: int) -> None:
    encode = msgspec.msgpack.Encoder().encode
    started: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
    peer = Peer(control, on_call=lambda body: started.result().on_call(body))
    serving = asyncio.create_task(peer.run())
    await peer.connected()

    def emit(event: AnyEvent) -> None:
        peer.emit(encode(event))

    try:
        sock, listening = open_port(port)
    except PortError as error:
        with contextlib.suppress(PeerGoneError):
            emit(StartFailed(text=str(error)))
        await peer.flush()
        peer.close()
        await serving
        return
    certificate = create_certificate()
    worker = Worker(sock, listening, piping, certificate, emit)
    started.set_result(worker)
    worker.start()
    gc.collect()
    gc.freeze()  # what is here now stays: no collection need look at it again
    with contextlib.suppress(PeerGoneError):
        emit(
            Started(
                port=sock.getsockname()[1],
                has_ipv6=sock.family == socket.AF_INET6,
                fingerprint=certificate.fingerprint,
            )
        )
    await serving
    await worker.close()
