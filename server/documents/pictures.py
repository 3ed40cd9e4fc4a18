"""Pictures that are put on boards: read, made anew, and kept by what they are.

What comes is never what is kept: it is decoded and written again, so that whatever was hidden in the file (places,
names, a script for some other program) is gone, and what is shown is a picture and nothing else.
"""

import asyncio
import hashlib
import io

from PIL import Image, ImageOps

from protocol.errors import ErrorCode
from server.clock import Clock
from server.errors import UserError
from server.store.pictures import Picture, PictureRepository

MAX_UPLOAD_BYTES = 12 * 2**20
ROOM_BYTES = 256 * 2**20
"""Of all the pictures of one room."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""Told from the first bytes, whatever the file is called. None of them can hold a script that a browser runs."""
_MAX_PIXELS = 40_000_000
"""What a good phone takes."""
_LONGEST_SIDE = 2_400
_QUALITY = 85


class PictureService:
    """The pictures of all rooms. Its methods raise `UserError`."""

    def __init__(self, repository: PictureRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._turn = asyncio.Lock()
        """One at a time: a large picture takes a second and some hundred megabytes."""

    @property
    def max_upload_bytes(self) -> int:
        """How large a file may be that a picture comes in."""
        return MAX_UPLOAD_BYTES

    async def add(self, room_id: str, person_id: str, data: bytes) -> str:
        """Keep a picture for a room, and return its id."""
        async with self._turn:
            picture = await asyncio.to_thread(made_anew, data)
        if not await self._repository.add(room_id, picture, person_id, self._clock.now_ms(), room_bytes=ROOM_BYTES):
            raise UserError(ErrorCode.TOO_MANY, "This room has no place for more pictures.")
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
