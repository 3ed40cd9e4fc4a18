"""What was kept of a room's meetings, for those who may know it."""

import re

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.record import MAX_MEETING_PAGE
from server.errors import UserError
from server.http.documents import edition_of, send_file
from server.http.downloads import DOWNLOADS
from server.http.parts import PARTS
from server.http.replies import encode_json, json_response
from server.http.session import signed_in_person

_ID = re.compile(r"\w{1,64}")


async def get_meetings(request: web.Request) -> web.Response:
    """`GET /api/rooms/SLUG/meetings`: the newest ones, or those before the one whose id is given as `before`.

    At most `limit`, and no more than `MAX_MEETING_PAGE`.
    """
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    page = await parts.records.page(door, person, _before_of(request), _limit_of(request))
    return json_response(page)


async def get_meeting(request: web.Request) -> web.StreamResponse:
    """`GET /api/rooms/SLUG/meetings/MEETING_ID`: who was there, and what happened."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    meeting = await parts.records.meeting(door, person, request.match_info["meeting_id"])
    return await request.app[DOWNLOADS].send(
        request, person.person_id, encode_json(meeting), content_type="application/json"
    )


async def get_kept_document(request: web.Request) -> web.StreamResponse:
    """`GET /api/rooms/SLUG/meetings/MEETING_ID/documents/DOCUMENT_ID`: as it was at the end, as a Yjs update (v1)."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    meeting_id, document_id = request.match_info["meeting_id"], request.match_info["document_id"]
    contents = await parts.records.contents(door, person, meeting_id, document_id)
    return await request.app[DOWNLOADS].send(
        request, person.person_id, contents, content_type="application/octet-stream"
    )


async def get_kept_notes(request: web.Request) -> web.StreamResponse:
    """`GET /api/rooms/SLUG/meetings/MEETING_ID/notes/DOCUMENT_ID.md`, `.html` or `.pdf`: as they were at the end.

    `language`, `held_on` and `paper` are as for notes as they are now.
    """
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    meeting_id, document_id = request.match_info["meeting_id"], request.match_info["document_id"]
    ending = request.match_info["ending"]
    file = await parts.records.export_notes(door, person, meeting_id, document_id, ending, edition_of(request))
    return await send_file(request, person, file, ending)


def _before_of(request: web.Request) -> str | None:
    before = request.query.get("before")
    if before is not None and not _ID.fullmatch(before):
        raise UserError(ErrorCode.NOT_FOUND, "There is no such meeting.")
    return before


def _limit_of(request: web.Request) -> int:
    text = request.query.get("limit", str(MAX_MEETING_PAGE))
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 4 and int(text) > 0):
        raise UserError(ErrorCode.BAD_REQUEST, "`limit` is a number of meetings.")
    return int(text)
