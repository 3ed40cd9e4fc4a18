"""Notes to take along, for everybody who has been in their room."""

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.permissions import is_permitted
from protocol.roles import RoomState
from protocol.room import Person
from server.edition import Edition, Paper
from server.errors import UserError
from server.http.downloads import DOWNLOADS
from server.http.file_names import attachment, file_name
from server.http.parts import PARTS, Door, File
from server.http.session import signed_in_person

_MAX_DAY_CHARACTERS = 60


async def get_notes(request: web.Request) -> web.StreamResponse:
    """`GET /api/rooms/SLUG/notes/DOCUMENT_ID.md`, `.html` or `.pdf`: notes as they are now, as a file to be saved.

    `language` and `held_on` (their day, as people write it) are for what stands around them; `paper` is `a4` or
    `letter`.
    """
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    check_may_read(door)
    # Who is inside just now may not be written down yet.
    if not any(one.person_id == person.person_id for one in parts.inside(door.room.room_id)):
        await parts.records.check_may_take_along(door, person)
    ending = request.match_info["ending"]
    file = await parts.export_notes(
        person.person_id, door.room, request.match_info["document_id"], ending, edition_of(request)
    )
    return await send_file(request, person, file, ending)


def check_may_read(door: Door) -> None:
    """Raise `UserError` when the table lets somebody open no documents of a room."""
    if not is_permitted(door.role, "document_open", RoomState.LIVE):
        raise UserError(ErrorCode.FORBIDDEN, "You may not open the documents of this room.")


def edition_of(request: web.Request) -> Edition:
    """Return how a copy is to be written. An unknown paper is A4."""
    day = "".join(c for c in request.query.get("held_on", "") if c.isprintable())[:_MAX_DAY_CHARACTERS]
    paper = Paper.LETTER if request.query.get("paper") == Paper.LETTER else Paper.A4
    return Edition(request.query.get("language", "en"), day, paper)


async def send_file(request: web.Request, person: Person, file: File, ending: str) -> web.StreamResponse:
    """Answer with a file to be saved."""
    is_text = file.content_type.startswith("text/")
    return await request.app[DOWNLOADS].send(
        request,
        person.person_id,
        file.data,
        content_type=f"{file.content_type}; charset=utf-8" if is_text else file.content_type,
        headers={"Content-Disposition": attachment(file_name(file.title, ending))},
    )
