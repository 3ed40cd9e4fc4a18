"""Who people are in the programme, what they are in a room, and what rooms are for."""

from enum import StrEnum


class ProgrammeRole(StrEnum):
    """What a person is in the mentoring programme."""

    TEACHER = "teacher"
    MENTOR = "mentor"
    FACILITATOR = "facilitator"
    COORDINATOR = "coordinator"
    OPS = "ops"


class RoomRole(StrEnum):
    """What a participant is in one room. What each may do is the table in `protocol.permissions`."""

    HOST = "host"
    PARTICIPANT = "participant"
    AUDIENCE = "audience"
    OBSERVER = "observer"


class RoomKind(StrEnum):
    """What a room is for."""

    ROUND_UP = "round_up"
    LOUNGE = "lounge"
    LESSON = "lesson"
    ONE_TO_ONE = "one_to_one"
    STAGE = "stage"
    BOOTH = "booth"


class RoomState(StrEnum):
    """Whether a meeting is open in the room."""

    IDLE = "idle"
    LIVE = "live"


def default_room_role(person: ProgrammeRole) -> RoomRole:
    """Tell what somebody is in a room that has not given them a role of its own."""
    if person in (ProgrammeRole.FACILITATOR, ProgrammeRole.COORDINATOR):
        return RoomRole.HOST
    return RoomRole.PARTICIPANT
