import asyncio
import socket
from collections.abc import Iterator

import pytest

from loadtest.bots.batch import SLOTS, Batch
from loadtest.bots.intake import Intake


class Inbox:
    """A socket that is read, one that writes to it, and what came."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[bytes] = asyncio.Queue()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sender.connect(self.socket.getsockname())

    @property
    def fd(self) -> int:
        return self.socket.fileno()

    def write(self, *packets: bytes) -> None:
        for packet in packets:
            self._sender.send(packet)

    async def next(self) -> bytes:
        return await asyncio.wait_for(self.packets.get(), 5)

    def on_batch(self, batch: Batch) -> None:
        for position in range(len(batch.headers) // 3):
            self.packets.put_nowait(batch.packet(position)[0])

    def close(self) -> None:
        self.socket.close()
        self._sender.close()


@pytest.fixture
def inboxes() -> Iterator[list[Inbox]]:
    inboxes = [Inbox() for _ in range(25)]
    yield inboxes
    for inbox in inboxes:
        inbox.close()


async def test_every_socket_is_read_and_more_than_one_call_brings(inboxes: list[Inbox]) -> None:
    intake = Intake()
    for number, inbox in enumerate(inboxes):
        intake.add(inbox.fd, inbox.on_batch)
        inbox.write(*(b"%d %d" % (number, packet) for packet in range(SLOTS + 5)))
    for number, inbox in enumerate(inboxes):
        assert [await inbox.next() for _ in range(SLOTS + 5)] == [b"%d %d" % (number, n) for n in range(SLOTS + 5)]
        intake.remove(inbox.fd)


async def test_a_removed_socket_is_read_no_longer_and_may_come_back(inboxes: list[Inbox]) -> None:
    intake = Intake()
    gone, other = inboxes[:2]
    intake.add(gone.fd, gone.on_batch)
    intake.add(other.fd, other.on_batch)
    intake.remove(gone.fd)
    intake.remove(gone.fd)
    gone.write(b"unread")
    for _ in range(3):
        other.write(b"read")
        assert await other.next() == b"read"
    assert gone.packets.empty()
    intake.add(gone.fd, gone.on_batch)
    assert await gone.next() == b"unread"
    intake.remove(gone.fd)
    intake.remove(other.fd)


async def test_whoever_is_read_may_remove_others(inboxes: list[Inbox], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtest.bots.intake.TURNS", 1)
    failures: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    intake = Intake()
    first, *others = inboxes

    def remove_others(batch: Batch) -> None:
        for inbox in others:
            intake.remove(inbox.fd)
        first.on_batch(batch)

    intake.add(first.fd, remove_others)
    for inbox in others:
        intake.add(inbox.fd, inbox.on_batch)
    for inbox in inboxes:
        inbox.write(b"one")
    assert await first.next() == b"one"
    first.write(b"two")
    assert await first.next() == b"two"  # the turn in which they were removed has ended
    assert failures == []
    assert all(inbox.packets.empty() for inbox in others)
    intake.remove(first.fd)


async def test_a_closed_port_on_the_other_side_is_counted(inboxes: list[Inbox]) -> None:
    intake = Intake()
    lonely, other = inboxes[:2]
    port = inboxes[2].socket.getsockname()
    inboxes[2].socket.close()
    lonely.socket.connect(port)
    lonely.socket.send(b"to nobody")
    for inbox in (lonely, other):
        intake.add(inbox.fd, inbox.on_batch)
    other.write(b"read")
    assert await other.next() == b"read"
    while not intake.errors:
        other.write(b"again")
        await other.next()
    for inbox in (lonely, other):
        intake.remove(inbox.fd)
