"""Pictures of boards: put in by who may write in a room, shown to who may enter it."""

import asyncio

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.permissions import is_permitted
from protocol.roles import RoomRole, RoomState
from server.errors import UserError
from server.http.documents import check_may_read
from server.http.downloads import DOWNLOADS
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import signed_in_person

_TIMEOUT_S = 60.0
"""For all of a picture to arrive over a slow line."""


async def add_picture(request: web.Request) -> web.Response:
    """`POST /api/rooms/SLUG/boards/DOCUMENT_ID/pictures`: keep the body, a picture; answered with its id."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    if not is_permitted(door.role, "document_update", RoomState.LIVE):
        raise UserError(ErrorCode.FORBIDDEN, "You may not put pictures on the boards of this room.")
    size = request.content_length
    if size is None or size > parts.pictures.max_upload_bytes:
        raise UserError(ErrorCode.TOO_LARGE, "A picture has at most 12 megabytes.")
    with parts.pictures.receiving(person.person_id, size):
        picture_id = await parts.pictures.add(
            door.room.room_id,
            request.match_info["document_id"],
            person.person_id,
            await _body(request, size),
            is_host=door.role is RoomRole.HOST,
        )
    return json_response({"picture_id": picture_id})


async def get_picture(request: web.Request) -> web.StreamResponse:
    """`GET /api/rooms/SLUG/pictures/PICTURE_ID`: a picture of the room's boards."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    check_may_read(door)
    room_id, picture_id = door.room.room_id, request.match_info["picture_id"]
    # Its name says what is in it; but whether one may see it, one has to ask again tomorrow.
    headers = {"Cache-Control": "private, max-age=86400, immutable", "ETag": f'"{picture_id}"'}
    if _has_it_already(request, picture_id) and await parts.pictures.is_there(room_id, picture_id):
        return web.Response(status=304, headers=headers)
    picture = await parts.pictures.find(room_id, picture_id)
    return await request.app[DOWNLOADS].send(
        request, person.person_id, picture.data, content_type=picture.content_type, headers=headers
    )


def _has_it_already(request: web.Request, picture_id: str) -> bool:
    return any(tag.value in (picture_id, "*") for tag in request.if_none_match or ())


async def _body(request: web.Request, size: int) -> bytes:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await request.content.readexactly(size)
    except TimeoutError:
        raise UserError(ErrorCode.TOO_SLOW, "That took too long.") from None
    except asyncio.IncompleteReadError:
        raise UserError(ErrorCode.BAD_REQUEST, "The picture did not arrive as a whole.") from None
