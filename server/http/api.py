"""What a page asks before it is connected: who is signed in, and what is behind a room's door."""

from aiohttp import web

from protocol.permissions import permitted_requests
from protocol.roles import RoomState
from protocol.room import RoomPreview, RoomSummary, SignedIn
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
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    preview = RoomPreview(
        room=door.room,
        inside=tuple(parts.inside(door.room.room_id)),
        media=parts.media_settings(),
        permitted=permitted_requests(door.role, RoomState.LIVE),
    )
    return json_response(preview)
