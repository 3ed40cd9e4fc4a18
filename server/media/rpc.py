"""Calls, replies and events over a local stream socket, for the control side and the worker alike.

A frame is a 4-byte big-endian length and a msgpack map. What calls and events mean is `server.media.messages`.
Everything is bounded: the size of a frame, the calls under way, and the bytes queued to a peer that does not read.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

import msgspec

MAX_FRAME_BYTES = 1 << 20
MAX_CALLS_UNDER_WAY = 4_096
MAX_QUEUED_BYTES = 8 << 20
_LENGTH_BYTES = 4
_NO_ANSWER = 0
"""The call id of those who do not wait."""

_log = logging.getLogger(__name__)


class RpcError(Exception):
    """The peer could not do what was asked; the text is for the log."""


class NotFoundError(RpcError):
    """What is to be changed is not there, or no longer: perhaps its end has not been told yet."""


class TooManyCallsError(RpcError):
    """So many calls are under way that this one was not made; later it can be."""


class PeerGoneError(RpcError):
    """The peer is gone, hung, or does not speak our framing."""


class FramingError(PeerGoneError):
    """The peer does not speak our framing."""


class _Frame(msgspec.Struct, frozen=True, tag_field="t"):
    """Base of what travels."""


class _Call(_Frame, frozen=True, tag="call"):
    call_id: int
    body: msgspec.Raw


class _Reply(_Frame, frozen=True, tag="reply"):
    call_id: int
    body: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: str | None = None
    is_not_found: bool = False


class _Event(_Frame, frozen=True, tag="event"):
    body: msgspec.Raw


class FrameDecoder:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that `data` completes. Raises `FramingError` for one that is too large."""
        pending = self._pending
        pending += data
        frames = []
        at = 0
        while len(pending) - at >= _LENGTH_BYTES:
            size = int.from_bytes(pending[at : at + _LENGTH_BYTES], "big")
            if size > MAX_FRAME_BYTES:
                raise FramingError(f"frame of {size} bytes")
            end = at + _LENGTH_BYTES + size
            if len(pending) < end:
                break
            frames.append(bytes(pending[at + _LENGTH_BYTES : end]))
            at = end
        del pending[:at]
        return frames


class Peer:
    """One end of the socket. `on_call` and `on_event` are synchronous, so what arrives is applied in order."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        on_call: Callable[[bytes], bytes] | None = None,
        on_event: Callable[[bytes], None] | None = None,
    ) -> None:
        self._sock = sock
        self._on_call = on_call
        self._on_event = on_event
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(_Call | _Reply | _Event).decode
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._next_call_id = 0
        self._writer: asyncio.StreamWriter | None = None
        self._is_closed = False
        self._is_running = False
        self._connected = asyncio.Event()

    async def connected(self) -> None:
        """Wait until `run` has begun: before that nothing can be sent."""
        await self._connected.wait()

    async def run(self) -> None:
        """Serve until the other end closes or breaks the framing; then fail the calls under way."""
        if self._is_closed:
            return
        self._is_running = True
        reader, self._writer = await asyncio.open_unix_connection(sock=self._sock)
        self._connected.set()
        decoder = FrameDecoder()
        try:
            if self._is_closed:  # meanwhile
                return
            while data := await reader.read(65_536):
                for frame in decoder.feed(data):
                    self._receive(frame)
        except (FramingError, msgspec.DecodeError) as error:
            _log.error("the other end of the link was not understood, so it is closed: %s", error)
        except (ConnectionError, PeerGoneError):
            pass
        finally:
            self.close()

    async def call(self, body: bytes, timeout_s: float) -> bytes:
        """Ask, and return the answer's body.

        Raises `RpcError`, `NotFoundError` when the peer says so, `TooManyCallsError` when it was not asked, or
        `PeerGoneError` when no answer can come.
        """
        if len(self._waiting) >= MAX_CALLS_UNDER_WAY:
            raise TooManyCallsError("too many calls under way")
        self._next_call_id += 1
        call_id = self._next_call_id
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = answer
        try:
            self._send(_Call(call_id, msgspec.Raw(body)))
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise PeerGoneError("no answer in time") from None
        finally:
            self._waiting.pop(call_id, None)

    def post(self, body: bytes) -> None:
        """Ask without waiting for the answer. Raises `PeerGoneError` when nobody can be asked."""
        self._send(_Call(_NO_ANSWER, msgspec.Raw(body)))

    def emit(self, body: bytes) -> None:
        """Tell, without an answer. Raises `PeerGoneError` when nobody can be told."""
        self._send(_Event(msgspec.Raw(body)))

    async def flush(self) -> None:
        """Wait until little is queued."""
        if self._writer is not None:
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    def close(self) -> None:
        """Close the socket and fail the calls under way. Idempotent."""
        self._is_closed = True
        if self._writer is not None:
            self._writer.close()
        elif not self._is_running:  # else `run` is about to have a writer, and closes it
            self._sock.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(PeerGoneError("the peer is gone"))

    def _send(self, frame: _Frame) -> None:
        if self._is_closed or self._writer is None or self._writer.is_closing():
            raise PeerGoneError("the peer is gone")
        data = self._encode(frame)
        if len(data) > MAX_FRAME_BYTES:
            raise RpcError(f"frame of {len(data)} bytes")
        if self._writer.transport.get_write_buffer_size() > MAX_QUEUED_BYTES:
            self.close()
            raise PeerGoneError("the peer does not read")
        self._writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)

    def _receive(self, data: bytes) -> None:
        match self._decode(data):
            case _Reply(call_id, body, error, is_not_found):
                answer = self._waiting.get(call_id)
                if answer is None or answer.done():
                    return
                if error is None:
                    answer.set_result(bytes(body))
                else:
                    answer.set_exception(NotFoundError(error) if is_not_found else RpcError(error))
            case _Event(body):
                if self._on_event is not None:
                    self._on_event(bytes(body))
            case _Call(call_id, body):
                self._send(self._answer(call_id, bytes(body)))

    def _answer(self, call_id: int, body: bytes) -> _Reply:
        if self._on_call is None:
            return _Reply(call_id, error="this end answers no calls")
        try:
            return _Reply(call_id, msgspec.Raw(self._on_call(body)))
        except RpcError as error:
            return _Reply(call_id, error=str(error), is_not_found=isinstance(error, NotFoundError))
        except Exception:  # noqa: BLE001 - whatever it is, it must not end everybody else's media
            _log.exception("a call failed unexpectedly")
            return _Reply(call_id, error="internal error")
