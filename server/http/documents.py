"""Notes to take along, for everybody who may enter their room."""

import re
from urllib.parse import quote

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.permissions import is_permitted
from protocol.roles import RoomState
from server.errors import UserError
from server.http.parts import PARTS, Door, File
from server.http.session import signed_in_person

_MAX_DAY_CHARACTERS = 60
_NOT_IN_NAMES = re.compile(r"[^\w .,()-]+")
"""Some file systems take no more than this."""


async def get_notes(request: web.Request) -> web.Response:
    """`GET /api/rooms/SLUG/notes/DOCUMENT_ID.md`, `.html` or `.pdf`: notes as they are now, as a file to be saved.

    `language` and `held_on` (their day, as people write it) are for what stands around them.
    """
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    check_may_read(door)
    ending = request.match_info["ending"]
    file = await parts.export_notes(
        door.room, request.match_info["document_id"], ending, language_of(request), day_of(request)
    )
    return file_response(file, ending)


def check_may_read(door: Door) -> None:
    """Raise `UserError` when the table lets somebody open no documents of a room."""
    if not is_permitted(door.role, "document_open", RoomState.LIVE):
        raise UserError(ErrorCode.FORBIDDEN, "You may not open the documents of this room.")


def language_of(request: web.Request) -> str:
    """Return the language that what stands around the notes is to be in."""
    return request.query.get("language", "en")


def day_of(request: web.Request) -> str:
    """Return the day of the notes as people write it."""
    return "".join(c for c in request.query.get("held_on", "") if c.isprintable())[:_MAX_DAY_CHARACTERS]


def file_response(file: File, ending: str) -> web.Response:
    """Answer with a file to be saved."""
    return web.Response(
        body=file.data,
        content_type=file.content_type,
        charset="utf-8" if file.content_type.startswith("text/") else None,
        headers={"Content-Disposition": _attachment(f"{file.title}.{ending}")},
    )


def _attachment(name: str) -> str:
    """Name a file to be saved (RFC 6266), in any script (RFC 8187)."""
    safe = " ".join(_NOT_IN_NAMES.sub(" ", name).split())
    return f"attachment; filename*=UTF-8''{quote(safe)}"
