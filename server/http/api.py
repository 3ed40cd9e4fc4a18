"""What a page asks beside its connection: who is signed in, what is behind a room's door, who may come through it."""

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.permissions import is_permitted, permitted_requests
from protocol.roles import RoomState
from protocol.room import RoomPreview, RoomSummary, SignedIn
from protocol.tasks import MAX_ROOM_PEOPLE, RoomPeople
from server.errors import UserError
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import reader, renew_session_cookie, signed_in_person


async def get_session(request: web.Request) -> web.Response:
    """`GET /api/session`: who is signed in, or whose the API token is, and the rooms with how many are in them."""
    parts = request.app[PARTS]
    person = await reader(request)
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


async def get_room_people(request: web.Request) -> web.Response:
    """`GET /api/rooms/SLUG/people`: who may enter the room, for those inside who write in its notes."""
    parts = request.app[PARTS]
    person = await signed_in_person(request)
    door = await parts.find_door(request.match_info["slug"], person)
    is_inside = any(one.person_id == person.person_id for one in parts.inside(door.room.room_id))
    if not is_inside or not is_permitted(door.role, "document_update", RoomState.LIVE):
        raise UserError(ErrorCode.FORBIDDEN, "Only who writes in this room is told who may enter it.")
    # Everybody of the programme may enter every room, in one role or another.
    return json_response(RoomPeople(people=tuple(await parts.people.list_names(MAX_ROOM_PEOPLE))))
