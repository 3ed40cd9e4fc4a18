"""Fuzz target of DTLS: whatever is fed at whatever moment, nothing raises, and when it is closed nothing is left."""

import asyncio
import functools

from protocol.rtp import DtlsFingerprint
from server.media.worker.dtls import DtlsTransport, WorkerCertificate, create_certificate
from tests.fuzz.records import split

SERVER, CLIENT, BETWEEN, AFTER = range(4)
"""What an input's first byte, modulo 4, says: alone as the server, alone as the client, between the flights of a real
handshake, or after one."""
_DEADLINE_S = 20.0
_MAX_RECORDS = 60
_TURNS, _TURNS_OF_HANDSHAKE = 4, 80
"""Of the loop, which suffice for one datagram and for a handshake."""


@functools.cache
def _certificates() -> tuple[WorkerCertificate, WorkerCertificate]:
    return create_certificate(), create_certificate()


class _Scene:
    """The side under test, and another one that is honest."""

    def __init__(self, injected: list[bytes]) -> None:
        ours, others = _certificates()
        self.injected = injected
        self.answers: list[bytes] = []
        self.side = DtlsTransport(ours, send=self._on_answer, on_closed=lambda: None)
        self.other = DtlsTransport(others, send=self._carry, on_closed=lambda: None)

    def _on_answer(self, data: bytes) -> None:
        self.answers.append(data)
        self.other.feed(data)

    def _carry(self, data: bytes) -> None:
        if self.injected:
            self.side.feed(self.injected.pop(0))
        self.side.feed(data)


def shake_hands(data: bytes) -> list[bytes]:
    """Feed `data` and return what was answered."""
    return asyncio.run(_shake_hands(data))


async def _shake_hands(data: bytes) -> list[bytes]:
    raised: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    mode = data[0] % 4 if data else SERVER
    datagrams = [datagram for _, datagram in split(data[1:]) if datagram and 20 <= datagram[0] <= 63][:_MAX_RECORDS]
    scene = _Scene(datagrams[:] if mode == BETWEEN else [])
    side, other = scene.side, scene.other
    handshakes = [asyncio.create_task(side.connect(_fingerprints(other), "client" if mode == CLIENT else "server"))]
    if mode in (BETWEEN, AFTER):
        handshakes.append(asyncio.create_task(other.connect(_fingerprints(side), "client")))
    if mode == AFTER:
        await asyncio.wait_for(asyncio.gather(*handshakes), _DEADLINE_S)
    for datagram in datagrams if mode != BETWEEN else ():
        side.feed(datagram)
        await _turn(_TURNS)
    await _turn(_TURNS_OF_HANDSHAKE)
    for each in (side, other):
        each.close()
    await asyncio.wait_for(asyncio.gather(*handshakes), _DEADLINE_S)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait_for(asyncio.gather(*left), _DEADLINE_S)
    assert not raised, raised
    return scene.answers


async def _turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def _fingerprints(transport: DtlsTransport) -> list[DtlsFingerprint]:
    return [
        DtlsFingerprint(algorithm="sha-256", value=fingerprint.value)
        for fingerprint in transport.getLocalParameters().fingerprints
        if fingerprint.algorithm == "sha-256"
    ]
