"""Who may know what was in a room: one rule for the records of its meetings, and for what is taken along from it.

Hosts of the room and coordinators may always; everybody else where they have been, because there everybody saw them.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole, RoomRole
from protocol.room import Person, RoomInfo
from server.errors import UserError
from server.store.meetings import MeetingRepository, StoredMeeting


class Door(Protocol):
    """A room that somebody stands before."""

    @property
    def room(self) -> RoomInfo:
        """Return what people see of it."""
        ...

    @property
    def role(self) -> RoomRole:
        """Return what this person is in it."""
        ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at what a room has, and what they are in it."""

    door: Door
    person: Person

    @property
    def room(self) -> RoomInfo:
        """The room."""
        return self.door.room

    @property
    def sees_everything(self) -> bool:
        """Whether also meetings that they were not in, and everybody who was."""
        return self.door.role is RoomRole.HOST or self.person.role is ProgrammeRole.COORDINATOR


class Access:
    """Judges by who was in which meeting. The methods raise `StoreError`."""

    def __init__(self, meetings: MeetingRepository) -> None:
        self._meetings = meetings

    async def may_see(self, viewer: Viewer, meeting: StoredMeeting) -> bool:
        """Tell whether somebody may see the record of a meeting of the room."""
        return viewer.sees_everything or await self._meetings.was_in(meeting.meeting_id, viewer.person.person_id)

    async def check_may_take_along(self, viewer: Viewer) -> None:
        """Raise `UserError` for who may take nothing along of what the room has now."""
        room_id, person_id = viewer.room.room_id, viewer.person.person_id
        if not (viewer.sees_everything or await self._meetings.was_ever_in(room_id, person_id)):
            raise UserError(ErrorCode.FORBIDDEN, "Notes are for those who have been in a meeting of their room.")
