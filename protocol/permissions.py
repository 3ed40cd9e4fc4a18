"""Who may do what: role × request × state of the room, in one table; and what a kind of room has room for.

The gateway asks the table for every request; the page reads it only to show what is possible.
"""

from protocol.requests import REQUESTS
from protocol.roles import RoomKind, RoomRole, RoomState

_EVERYBODY = frozenset(RoomRole)
_HEARD = frozenset({RoomRole.HOST, RoomRole.PARTICIPANT})
"""Roles that may be seen, heard and read by the room."""
_HOSTS = frozenset({RoomRole.HOST})
_WRITING = _HEARD | {RoomRole.AUDIENCE}

_LIVE: dict[str, frozenset[RoomRole]] = {
    "room_join": _EVERYBODY,
    "room_leave": _EVERYBODY,
    "chat_send": _WRITING,
    "chat_typing": _WRITING,
    "chat_page": _EVERYBODY,
    "chat_read": _EVERYBODY,
    "document_create": _HEARD,
    "document_rename": _HEARD,
    "document_lock": _HOSTS,
    "document_remove": _HOSTS,
    "document_restore": _HOSTS,
    "document_begin_anew": _HOSTS,
    "document_page": _EVERYBODY,
    "document_open": _EVERYBODY,
    "document_more": _EVERYBODY,
    "document_update": _HEARD,
    "document_presence": _HEARD,
    "document_close": _EVERYBODY,
    "document_present": _HEARD,
    "document_versions": _EVERYBODY,
    "document_version": _EVERYBODY,
    "document_authors": _EVERYBODY,
    "media_transport_create": _EVERYBODY,
    "media_transport_connect": _EVERYBODY,
    "media_ice_restart": _EVERYBODY,
    "media_transport_close": _EVERYBODY,
    "media_produce": _HEARD,
    "media_producer_update": _HEARD,
    "media_producer_close": _HEARD,
    "media_consume": _EVERYBODY,
    "media_audio_slots": _EVERYBODY,
    "media_consumer_update": _EVERYBODY,
    "media_consumer_close": _EVERYBODY,
}
_IDLE: dict[str, frozenset[RoomRole]] = {"room_join": _EVERYBODY}

TABLE: dict[RoomState, dict[str, frozenset[RoomRole]]] = {
    state: {name: rows.get(name, frozenset()) for name in REQUESTS}
    for state, rows in ((RoomState.IDLE, _IDLE), (RoomState.LIVE, _LIVE))
}

SCREENS_AT_ONCE: dict[RoomKind, int] = {
    RoomKind.ROUND_UP: 4,
    RoomKind.LOUNGE: 4,
    RoomKind.LESSON: 4,
    RoomKind.ONE_TO_ONE: 2,
    RoomKind.STAGE: 1,
    RoomKind.BOOTH: 4,
}
"""How many participants may share their screens at the same time; who may at all says `media_produce`. In front of an
audience there is one thing to look at."""


def is_permitted(role: RoomRole, request: str, state: RoomState) -> bool:
    """Tell whether the table lets `role` make `request` (a name in `REQUESTS`) in a room in `state`."""
    return role in TABLE[state].get(request, frozenset())


def permitted_requests(role: RoomRole, state: RoomState) -> tuple[str, ...]:
    """List the names of the requests that `role` may make, in the table's order."""
    return tuple(name for name in REQUESTS if is_permitted(role, name, state))
