"""Answers that may be large: sent piece by piece, so that whoever asks for one and does not read it holds little up."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aiohttp import web

from protocol.errors import ErrorCode
from server.errors import UserError

UNDER_WAY_EACH_BYTES = 32 * 2**20
"""Of one person's answers, until they are sent. A browser asks for six at a time, and few have a megabyte."""
UNDER_WAY_BYTES = 512 * 2**20
"""Of everybody's."""
STALL_S = 30.0
"""A piece that has not gone in so long goes no more: that is slower than any line that carries a meeting."""
_PIECE_BYTES = 128 * 1024
_NO_LINGERING = struct.pack("ii", 1, 0)


class Downloads:
    """The answers that are under way."""

    def __init__(self) -> None:
        self._under_way = Counter[str]()
        """Bytes, by person."""

    @property
    def under_way_bytes(self) -> int:
        """How many bytes of answers have not been sent."""
        return self._under_way.total()

    async def send(
        self,
        request: web.Request,
        person_id: str,
        body: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        """Answer with a body. Raises `UserError` while too much of what this person asked for is under way.

        A connection that takes nothing more of it is cut off.
        """
        with self._sending(person_id, len(body)):
            response = web.StreamResponse(headers={**(headers or {}), "Content-Type": content_type})
            response.content_length = len(body)
            await response.prepare(request)
            if request.transport is not None:
                # What is sent has then left for the kernel. With 0, TLS of asyncio would wait for ever.
                request.transport.set_write_buffer_limits(high=1)
            last = max(0, len(body) - 1) // _PIECE_BYTES * _PIECE_BYTES
            rest = memoryview(body)
            try:
                for at in range(0, last, _PIECE_BYTES):
                    async with asyncio.timeout(STALL_S):
                        await response.write(rest[at : at + _PIECE_BYTES])
                async with asyncio.timeout(STALL_S):
                    await response.write_eof(bytes(rest[last:]))
            except TimeoutError:
                _cut_off(request)
            return response

    @contextmanager
    def _sending(self, person_id: str, size: int) -> Iterator[None]:
        own = self._under_way[person_id]
        is_too_much = own > 0 and own + size > UNDER_WAY_EACH_BYTES  # a single one may have any size
        if is_too_much or self.under_way_bytes + size > UNDER_WAY_BYTES:
            raise UserError(ErrorCode.TOO_MANY, "Much is being loaded just now. Try again in a moment.")
        self._under_way[person_id] += size
        try:
            yield
        finally:
            self._under_way[person_id] -= size
            if self._under_way[person_id] == 0:
                del self._under_way[person_id]


def _cut_off(request: web.Request) -> None:
    """End the connection at once, and leave nothing of what was to be sent over it in the kernel either."""
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        request.transport.abort()


DOWNLOADS = web.AppKey("downloads", Downloads)
