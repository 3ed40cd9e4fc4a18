"""Whom letters about hours go to, what waits for whom, and what has been told already.

That something was told is a row of the outbox that is sent nowhere, kept with the letter that tells it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from protocol.hours import EntryState
from protocol.roles import ProgrammeRole
from server.store.database import Database
from server.store.hours_figures import IS_PROPOSED, is_put_right
from server.store.hours_log import NewestRow, find_newest_row
from server.store.models import HoursEntryRow, OutboxMessageRow, PairRow, PersonRow
from server.store.outbox import NewMessage, OutboxRepository

TOLD = "told"
"""The channel of those rows."""
_CHUNK = 500
"""Values in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What letters are about, beside how pairs stand."""

    people: Mapping[str, str]
    """Names of who is in the programme, by id."""
    coordinators: Collection[str]
    waiting: Mapping[str, int]
    """How many entries wait for whose word."""
    disputed: int
    waiting_long: int
    newest_row: NewestRow | None
    """Of the log; `None`: it is empty."""


class ReminderRepository:
    """What people are told of their hours."""

    def __init__(self, database: Database, outbox: OutboxRepository) -> None:
        self._database = database
        self._outbox = outbox

    async def circumstances(self, *, long_before: int) -> Circumstances:
        """Return what there is to be told; what was proposed before `long_before` has waited for long."""
        entry = HoursEntryRow
        is_open = or_(IS_PROPOSED, is_put_right())
        for_mentor = (
            select(entry.mentor_id, func.count())
            .where(is_open, entry.is_confirmed_by_mentor.is_(False))
            .group_by(entry.mentor_id)
        )
        for_mentee = (
            select(PairRow.mentee_id, func.count())
            .join(entry, entry.pair_id == PairRow.pair_id)
            .where(is_open, entry.is_confirmed_by_mentee.is_(False))
            .group_by(PairRow.mentee_id)
        )
        people = select(PersonRow.person_id, PersonRow.name, PersonRow.role).where(PersonRow.removed_at.is_(None))
        disputed = select(func.count()).select_from(entry).where(entry.state == EntryState.DISPUTED.value)
        waiting_long = select(func.count()).select_from(entry).where(IS_PROPOSED, entry.created_at < long_before)
        waiting: dict[str, int] = {}
        async with self._database.reading() as session:
            rows = list(await session.execute(people))
            for query in (for_mentor, for_mentee):
                for person_id, count in await session.execute(query):
                    waiting[person_id] = waiting.get(person_id, 0) + count
            return Circumstances(
                people={row.person_id: row.name for row in rows},
                coordinators=[row.person_id for row in rows if row.role == ProgrammeRole.COORDINATOR.value],
                waiting=waiting,
                disputed=await session.scalar(disputed) or 0,
                waiting_long=await session.scalar(waiting_long) or 0,
                newest_row=await find_newest_row(session),
            )

    async def told(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that have been told."""
        found: set[str] = set()
        async with self._database.reading() as session:
            for start in range(0, len(keys), _CHUNK):
                some = OutboxMessageRow.key.in_(keys[start : start + _CHUNK])
                found |= set(await session.scalars(select(OutboxMessageRow.key).where(some)))
        return found

    async def tell(self, letter: NewMessage, keys: Collection[str], *, at: int) -> bool:
        """Put a letter, and that it tells what has these keys; both last, or neither.

        Nothing is told where there is a letter with its key already; tells whether there was none.
        """
        async with self._database.session() as session:
            if not await self._outbox.put(session, [letter], at=at):
                return False
            session.add_all(
                OutboxMessageRow(
                    channel=TOLD,
                    key=key,
                    person_id=letter.person_id,
                    body="",
                    created_at=at,
                    due_at=at,
                    attempts=0,
                    sent_at=at,
                )
                for key in keys
            )
        return True
