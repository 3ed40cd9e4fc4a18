"""Who sees what of the hours log: one's own pairs, and coordinators all of them. Pure."""

from protocol.errors import ErrorCode
from protocol.hours import HoursEntry
from protocol.roles import ProgrammeRole
from protocol.room import Person
from server.errors import UserError
from server.hours.pair_book import PairBook


def is_coordinator(person: Person) -> bool:
    """Tell whether somebody looks after the whole programme."""
    return person.role is ProgrammeRole.COORDINATOR


def check_is_coordinator(person: Person) -> None:
    """Raise `UserError` for everybody else."""
    if not is_coordinator(person):
        raise UserError(ErrorCode.FORBIDDEN, "Only coordinators see the hours of the whole programme.")


def is_own(book: PairBook, person_id: str) -> bool:
    """Tell whether a pair is somebody's: they are one of the two, or the mentor's substitute today."""
    status = book.status
    people = status.mentor, status.mentee, status.substitute
    return any(one is not None and one.person_id == person_id for one in people)


def may_see_pair(book: PairBook, person: Person) -> bool:
    """Tell whether a pair is there for somebody."""
    return is_coordinator(person) or is_own(book, person.person_id)


def concerns(entry: HoursEntry, person: Person) -> bool:
    """Tell whether an entry is somebody's own: they are one of the two on its day."""
    return person.person_id in (entry.mentor.person_id, entry.mentee.person_id)
