"""What a page asks before it is connected: who is signed in, and what is behind a room's door."""

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.room import RoomPreview, RoomSummary, SignedIn
from server.errors import UserError
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import renew_session_cookie, signed_in_person


async def get_session(request: web.Request) -> web.Response:
    """`GET /api/session`: who is signed in, and the rooms with how many are in them."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    rooms = tuple(
        RoomSummary(room=one.room, inside_count=len(parts.inside(one.room.room_id)))
        for one in await parts.rooms.list_rooms()
    )
    signed_in = SignedIn(person=person, programme_name=await parts.people.programme_name(), rooms=rooms)
    response = json_response(signed_in)
    renew_session_cookie(request, response)
    return response


async def get_room(request: web.Request) -> web.Response:
    """`GET /api/rooms/SLUG`: everything that the pre-join page shows."""
    parts = request.app[PARTS]
    await signed_in_person(request)
    room = await parts.rooms.find_room(request.match_info["slug"])
    if room is None:
        raise UserError(ErrorCode.NOT_FOUND, "There is no room of this name.")
    preview = RoomPreview(room=room, inside=tuple(parts.inside(room.room_id)), media=parts.media_settings())
    return json_response(preview)
