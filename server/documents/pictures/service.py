"""Pictures that are put on boards: read, made anew, and kept by what they are.

What comes is never what is kept: it is decoded and written again, so that whatever was hidden in the file (places,
names, a script for some other program) is gone, and what is shown is a picture and nothing else. That is done in a
process of its own (`decoder_process`), which a picture may take as long as it likes to bring down.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from server.clock import Clock
from server.documents.pictures.decoder_process import Decoder
from server.documents.pictures.turns import Turns
from server.errors import UserError
from server.store.documents import DocumentRepository
from server.store.pictures import Picture, PictureRepository

MAX_UPLOAD_BYTES = 12 * 2**20
ROOM_BYTES = 256 * 2**20
"""Of all the pictures of one room, without those that are only on pages that were removed."""
RECEIVED_BYTES = 96 * 2**20
"""Of pictures that arrive, or wait to be made anew, at the same time."""
RECEIVED_BYTES_EACH = 3 * MAX_UPLOAD_BYTES
"""One person's part of that."""
MAX_WAITING = 256
"""Pictures that wait for their turn."""
MAX_WAITING_EACH = 32
"""Of one person."""


class PictureService:
    """The pictures of all rooms. Its methods raise `UserError`."""

    def __init__(self, repository: PictureRepository, documents: DocumentRepository, clock: Clock) -> None:
        self._repository = repository
        self._documents = documents
        self._clock = clock
        self._received = Counter[str]()
        """Bytes that are received, by person."""
        self._turns = Turns(most=MAX_WAITING, most_each=MAX_WAITING_EACH)
        """One at a time: a large picture takes a second and some hundred megabytes."""
        self._decoder = Decoder()

    @property
    def max_upload_bytes(self) -> int:
        """How large a file may be that a picture comes in."""
        return MAX_UPLOAD_BYTES

    @contextmanager
    def receiving(self, person_id: str, size: int) -> Iterator[None]:
        """Have a place for a file of so many bytes, from its arrival until it is kept."""
        is_too_much = self._received[person_id] + size > RECEIVED_BYTES_EACH
        if is_too_much or self._received.total() + size > RECEIVED_BYTES:
            raise UserError(ErrorCode.TOO_MANY, "Many pictures arrive just now. Try again in a moment.")
        self._received[person_id] += size
        try:
            yield
        finally:
            self._received[person_id] -= size
            if self._received[person_id] == 0:
                del self._received[person_id]

    async def add(self, room_id: str, document_id: str, person_id: str, data: bytes, *, is_host: bool) -> str:
        """Keep a picture for a page of a room's board, and return its id."""
        document = await self._documents.find(document_id)
        is_here = document is not None and document.room_id == room_id and document.removed_at is None
        if document is None or not is_here or document.kind is not DocumentKind.BOARD:
            raise UserError(ErrorCode.NOT_FOUND, "This room has no such page.")
        if document.is_locked and not is_host:
            raise UserError(ErrorCode.DOCUMENT_LOCKED, "Only hosts change this page just now.")
        async with self._turns.taken(person_id):
            content_type, made = await self._decoder.make(data)
        # Of a large one that takes longer than anybody's sound should wait.
        digest = await asyncio.to_thread(hashlib.sha256, made)
        picture = Picture(digest.hexdigest(), content_type, made)
        at = self._clock.now_ms()
        if not await self._repository.add(room_id, document_id, picture, person_id, at, room_bytes=ROOM_BYTES):
            raise UserError(
                ErrorCode.PICTURES_FULL,
                "This room has no place for more pictures. A host can make some by removing pages of the board.",
            )
        return picture.picture_id

    async def find(self, room_id: str, picture_id: str) -> Picture:
        """Return a picture of a room."""
        picture = await self._repository.find(room_id, picture_id)
        if picture is None:
            raise UserError(ErrorCode.NOT_FOUND, "This room has no such picture.")
        return picture

    async def is_there(self, room_id: str, picture_id: str) -> bool:
        """Tell whether a room has a picture."""
        return await self._repository.has(room_id, picture_id)

    async def close(self) -> None:
        """Read no more pictures, and wait for none. Idempotent."""
        await self._decoder.close()
