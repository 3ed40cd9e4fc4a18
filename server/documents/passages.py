"""Answers that may be too long for one message, read part by part."""

import asyncio
import zlib
from collections import OrderedDict

from protocol.documents import Passage
from protocol.errors import ErrorCode
from server.errors import UserError
from server.ids import create_id

PART_BYTES = 131_072
"""Of a passage in one message: several of them fit into what may wait for a connection."""
MAX_PASSAGES = 2
"""Of one connection: a page reads one after the other, and one whose answer it has not heard may be among them. Whoever
misses one asks again."""
_AT_ONCE_BYTES = 32_768
"""So little is compressed in less time than handing it to a thread takes."""
_COMPRESSION = 1


class Reading:
    """What one connection reads in parts."""

    def __init__(self) -> None:
        self._passages: OrderedDict[str, bytes] = OrderedDict()
        self.turn = asyncio.Lock()
        """Held while an answer is made: of a large document it takes many times the memory of the question."""

    async def begin(self, data: bytes) -> Passage:
        """Return the first part of `data`, and have the rest ready."""
        if len(data) <= _AT_ONCE_BYTES:
            packed = zlib.compress(data, _COMPRESSION)
        else:
            packed = await asyncio.to_thread(zlib.compress, data, _COMPRESSION)
        passage_id = create_id("passage")
        if len(packed) > PART_BYTES:
            self._passages[passage_id] = packed
            while len(self._passages) > MAX_PASSAGES:
                self._passages.popitem(last=False)
        return Passage(passage_id=passage_id, data=packed[:PART_BYTES], size=len(packed))

    def read(self, passage_id: str, offset: int) -> bytes:
        """Return the next part of a passage; after the last one it is gone. Raises `UserError`."""
        packed = self._passages.get(passage_id)
        if packed is None or offset >= len(packed):
            raise UserError(ErrorCode.NOT_FOUND, "There is nothing more to read.")
        if offset + PART_BYTES >= len(packed):
            del self._passages[passage_id]
        return packed[offset : offset + PART_BYTES]
