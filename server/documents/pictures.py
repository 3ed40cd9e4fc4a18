"""Pictures that are put on boards: read, made anew, and kept by what they are.

What comes is never what is kept: it is decoded and written again, so that whatever was hidden in the file (places,
names, a script for some other program) is gone, and what is shown is a picture and nothing else.
"""

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps

from protocol.documents import PICTURE_TYPES, DocumentKind
from protocol.errors import ErrorCode
from server.clock import Clock
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
_FORMATS = tuple(name.removeprefix("image/").upper() for name in PICTURE_TYPES)
"""Told from the first bytes, whatever the file is called. None of them can hold a script that a browser runs."""
_MAX_PIXELS = 40_000_000
"""What a good phone takes."""
_START_OF_SCAN = b"\xff\xda"
_MAX_SCANS = 100
"""Of a progressive JPEG; cameras and programs make some ten. Each goes over all of the picture, however short it is."""
_LONGEST_SIDE = 2_400
_QUALITY = 85


class PictureService:
    """The pictures of all rooms. Its methods raise `UserError`."""

    def __init__(self, repository: PictureRepository, documents: DocumentRepository, clock: Clock) -> None:
        self._repository = repository
        self._documents = documents
        self._clock = clock
        self._received = Counter[str]()
        """Bytes that are received, by person."""
        self._turn = asyncio.Lock()
        """One at a time: a large picture takes a second and some hundred megabytes."""

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
        async with self._turn:
            picture = await asyncio.to_thread(made_anew, data)
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


def made_anew(data: bytes) -> Picture:
    """Return a picture with what `data` shows and nothing else of it. Raises `UserError` when it shows nothing."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MAX_PIXELS:  # by its head; nothing is decoded yet
                raise UserError(ErrorCode.TOO_LARGE, "This picture has too many pixels.")
            if opened.format == "JPEG" and data.count(_START_OF_SCAN) > _MAX_SCANS:
                raise UserError(ErrorCode.BAD_REQUEST, "This picture is made to be slow to read.")
            return _written(opened)
    except UserError:
        raise
    except Exception as error:
        # Whatever a decoder stumbles over, it is no picture that could be shown.
        raise UserError(ErrorCode.BAD_REQUEST, "This is no picture that can be shown here.") from error


def _written(opened: Image.Image) -> Picture:
    is_photo = opened.format in ("JPEG", "WEBP")
    if is_photo:
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG can be read smaller than it is
    upright = ImageOps.exif_transpose(opened)
    has_holes = upright.has_transparency_data
    image = upright.convert("RGBA" if has_holes else "RGB")
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    out = io.BytesIO()
    if is_photo and not has_holes:
        image.save(out, "JPEG", quality=_QUALITY)
        content_type = "image/jpeg"
    else:
        image.save(out, "PNG", optimize=False)
        content_type = "image/png"
    written = out.getvalue()
    return Picture(hashlib.sha256(written).hexdigest(), content_type, written)
