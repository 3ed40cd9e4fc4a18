"""Over plain HTTP: what somebody is to do, the action items of notes that are theirs; and whose they could be."""

from typing import Annotated

import msgspec

from protocol.wire import Wire

MAX_TASKS = 100
"""Of one person, in one answer."""
MAX_ITEM_ID_CHARACTERS = 200
MAX_ROOM_PEOPLE = 1_000


class Task(Wire, frozen=True, kw_only=True):
    """An action item that is to be done."""

    document_id: str
    """The notes in which it stands."""
    item_id: str
    """Of all items of these notes."""
    room_id: str
    text: str
    due: str | None
    """A day, as in `2026-11-30`."""


class TaskList(Wire, frozen=True, kw_only=True):
    """`GET /api/tasks`: what the caller is to do, what is due earliest first and what has no day last."""

    tasks: tuple[Task, ...] = ()
    has_more: bool = False


class TaskTick(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`PUT /api/tasks/DOCUMENT_ID`: tick a task of the caller's, or untick it."""

    item_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ITEM_ID_CHARACTERS)]
    is_done: bool


class RoomPerson(Wire, frozen=True, kw_only=True):
    """Somebody who may enter a room."""

    person_id: str
    name: str


class RoomPeople(Wire, frozen=True, kw_only=True):
    """`GET /api/rooms/SLUG/people`: who may enter a room, by name; at most `MAX_ROOM_PEOPLE`."""

    people: tuple[RoomPerson, ...] = ()
