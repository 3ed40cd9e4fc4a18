import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media import rpc
from server.media.rpc import FrameDecoder, NotFoundError, Peer, PeerGoneError, RpcError, TooManyCallsError

DEADLINE_S = 30.0
# Bodies are msgpack; these are small integers and a short string.
ONE, TWO, TEXT = b"\x01", b"\x02", b"\xa5hello"


@given(st.lists(st.binary(max_size=50), max_size=8), st.integers(1, 20))
def test_frames_are_cut_wherever_the_bytes_were_cut(frames: list[bytes], size: int) -> None:
    stream = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)
    decoder = FrameDecoder()
    read = [frame for at in range(0, len(stream), size) for frame in decoder.feed(stream[at : at + size])]
    assert read == frames


def test_a_frame_too_large_is_refused_before_it_has_come() -> None:
    with pytest.raises(PeerGoneError):
        FrameDecoder().feed((rpc.MAX_FRAME_BYTES + 1).to_bytes(4, "big"))


@asynccontextmanager
async def pair(
    on_call: Callable[[bytes], bytes] | None = None, on_event: Callable[[bytes], None] | None = None
) -> AsyncIterator[tuple[Peer, Peer]]:
    left, right = socket.socketpair()
    peers = Peer(left, on_event=on_event), Peer(right, on_call=on_call)
    tasks = [asyncio.create_task(peer.run()) for peer in peers]
    for peer in peers:
        await peer.connected()
    try:
        yield peers
    finally:
        for peer in peers:
            peer.close()
        await asyncio.wait(tasks, timeout=DEADLINE_S)


async def test_calls_are_answered() -> None:
    async with pair(on_call=lambda body: body + body if body == ONE else TEXT) as (asker, _):
        assert await asker.call(TWO, DEADLINE_S) == TEXT


async def test_answers_find_their_calls() -> None:
    async with pair(on_call=lambda body: body) as (asker, _):
        bodies = [bytes((number,)) for number in range(100)]
        assert await asyncio.gather(*(asker.call(body, DEADLINE_S) for body in bodies)) == bodies


async def test_what_cannot_be_done_is_an_error_of_its_call() -> None:
    def refuse(body: bytes) -> bytes:
        if body == ONE:
            raise RpcError("no such thing")
        return body

    async with pair(on_call=refuse) as (asker, _):
        with pytest.raises(RpcError, match="no such thing"):
            await asker.call(ONE, DEADLINE_S)
        assert await asker.call(TWO, DEADLINE_S) == TWO


async def test_what_is_not_there_is_told_apart() -> None:
    def look_up(body: bytes) -> bytes:
        raise (NotFoundError if body == ONE else RpcError)("no such thing")

    async with pair(on_call=look_up) as (asker, _):
        with pytest.raises(NotFoundError, match="no such thing"):
            await asker.call(ONE, DEADLINE_S)
        with pytest.raises(RpcError, match="no such thing") as raised:
            await asker.call(TWO, DEADLINE_S)
        assert not isinstance(raised.value, NotFoundError)


async def test_an_unexpected_error_ends_one_call_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(body: bytes) -> bytes:
        return {TWO: TWO}[body]

    async with pair(on_call=fail) as (asker, _):
        with pytest.raises(RpcError, match=r"^internal error$"):
            await asker.call(ONE, DEADLINE_S)
        assert await asker.call(TWO, DEADLINE_S) == TWO
    assert "KeyError" in caplog.text


async def test_too_many_calls_are_not_a_peer_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "MAX_CALLS_UNDER_WAY", 0)
    async with pair(on_call=lambda body: body) as (asker, _):
        with pytest.raises(TooManyCallsError):
            await asker.call(ONE, DEADLINE_S)
        monkeypatch.undo()
        assert await asker.call(ONE, DEADLINE_S) == ONE
    assert not issubclass(TooManyCallsError, PeerGoneError)


async def test_a_posted_call_is_done_in_order_and_not_answered() -> None:
    done: list[bytes] = []

    def do(body: bytes) -> bytes:
        done.append(body)
        return body

    async with pair(on_call=do) as (asker, _):
        asker.post(ONE)
        await asker.call(TWO, DEADLINE_S)
        assert done == [ONE, TWO]


async def test_events_arrive() -> None:
    events: asyncio.Queue[bytes] = asyncio.Queue()
    async with pair(on_event=events.put_nowait) as (_, teller):
        teller.emit(TEXT)
        assert await asyncio.wait_for(events.get(), DEADLINE_S) == TEXT


async def test_calls_under_way_fail_when_the_other_end_closes() -> None:
    async with pair() as (asker, other):
        call = asyncio.create_task(asker.call(ONE, DEADLINE_S))
        await asyncio.sleep(0)
        other.close()
        with pytest.raises(RpcError):
            await call
        with pytest.raises(PeerGoneError):
            await asker.call(ONE, DEADLINE_S)
        with pytest.raises(PeerGoneError):
            asker.emit(ONE)


async def test_a_call_without_an_answer_is_given_up() -> None:
    left, right = socket.socketpair()
    peer = Peer(left)
    task = asyncio.create_task(peer.run())
    await peer.connected()
    with right, pytest.raises(PeerGoneError, match="in time"):
        await peer.call(ONE, 0.01)
    await asyncio.wait_for(task, DEADLINE_S)


async def test_who_does_not_read_is_given_up_instead_of_queued_for() -> None:
    left, right = socket.socketpair()
    peer = Peer(left)
    task = asyncio.create_task(peer.run())
    await peer.connected()
    event = b"\xc6" + (60_000).to_bytes(4, "big") + bytes(60_000)

    def flood() -> None:
        for _ in range(2 * rpc.MAX_QUEUED_BYTES // 60_000):
            peer.emit(event)

    with right, pytest.raises(PeerGoneError, match="does not read"):
        flood()
    await asyncio.wait_for(task, DEADLINE_S)


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\0\0\0\1\xc1", b"\0\0\0\1\x01", b"\0\0\0\3\x81\xa1x"])
async def test_garbage_ends_the_connection_and_nothing_else(garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    left, right = socket.socketpair()
    peer = Peer(left)
    task = asyncio.create_task(peer.run())
    await peer.connected()
    with right:
        right.sendall(garbage)
        await asyncio.wait_for(task, DEADLINE_S)
    assert "not understood" in caplog.text
