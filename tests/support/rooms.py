"""Rooms without a network: people, a core under control, and an outbox that keeps what it is given."""

from collections import Counter
from collections.abc import Callable, Collection

from protocol.errors import ErrorCode
from protocol.events import Notice, RoomEvent
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from protocol.room import Person, RoomInfo
from server.room.meeting import Outbox

ROOM = RoomInfo(room_id="room_1", slug="morning-round-up", name="Morning Round-up", kind=RoomKind.ROUND_UP)


def person(word: str, role: ProgrammeRole = ProgrammeRole.TEACHER) -> Person:
    """Make somebody."""
    return Person(person_id=f"person_{word}", name=word.title(), email=f"{word}@school.example", role=role)


def counting_ids() -> Callable[[str], str]:
    """Make ids that count from 1, of each kind."""
    counts: Counter[str] = Counter()

    def create_id(kind: str) -> str:
        counts[kind] += 1
        return f"{kind}_{counts[kind]}"

    return create_id


class KeptOutbox:
    """An outbox that keeps messages instead of sending them."""

    def __init__(self) -> None:
        self.messages: list[RoomEvent | Notice] = []
        self.closed_with: ErrorCode | None = None
        self.silent_s = 0.0

    def put(self, frame: RoomEvent | Notice) -> None:
        self.messages.append(frame)

    def hang_up(self, code: ErrorCode, _text: str, *, should_reconnect: bool) -> None:
        assert not should_reconnect
        self.closed_with = code


def fan_out_kept(outboxes: Collection[Outbox], message: RoomEvent | Notice) -> None:
    """Hand a message to `KeptOutbox`es as it is."""
    for outbox in outboxes:
        outbox.put(message)


class FixedRooms:
    """Rooms and roles that are known beforehand; a `server.room.directory.RoomSource`."""

    def __init__(self, *rooms: RoomInfo, roles: dict[tuple[str, str], RoomRole] | None = None) -> None:
        self._rooms = {room.slug: room for room in rooms}
        self._roles = {} if roles is None else roles

    async def find_room(self, slug: str) -> RoomInfo | None:
        return self._rooms.get(slug)

    async def room_role(self, room_id: str, person_id: str) -> RoomRole | None:
        return self._roles.get((room_id, person_id))
