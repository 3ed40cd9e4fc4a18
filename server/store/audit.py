"""The audit trail, to be read: what somebody did to somebody else, or looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from server.store.database import Database
from server.store.hours_views import EVERYBODY
from server.store.models import AuditEntryRow, PairRow, PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry of the trail; names are today's, where an id is somebody's or a pair's."""

    entry_id: int
    at: int
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_name: str | None
    detail: str


class AuditRepository:
    """What was done to people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(
        self, *, about: str | None = None, by: str | None = None, since: int = 0, limit: int
    ) -> Sequence[AuditEntry]:
        """Return the newest `limit` entries since an instant, oldest first; about or by a person, named by their id.

        About somebody is also what was done to a pair of theirs, and a look at everybody's hours.
        """
        entry = AuditEntryRow
        query = select(entry).where(entry.at >= since).order_by(entry.entry_id.desc()).limit(limit)
        if about is not None:
            theirs = or_(PairRow.mentor_id == about, PairRow.mentee_id == about)
            of_theirs = entry.subject.in_(select(PairRow.pair_id).where(theirs))
            query = query.where(or_(entry.subject.in_((about, EVERYBODY)), of_theirs))
        if by is not None:
            query = query.where(entry.actor == by)
        async with self._database.reading() as session:
            rows = list(await session.scalars(query))
            names = {
                row.person_id: row.name for row in await session.execute(select(PersonRow.person_id, PersonRow.name))
            }
            pairs = {
                pair_id: f"{names[mentor]} and {names[mentee]}"
                for pair_id, mentor, mentee in await session.execute(
                    select(PairRow.pair_id, PairRow.mentor_id, PairRow.mentee_id)
                )
            }
        names |= pairs
        return [
            AuditEntry(
                entry_id=row.entry_id,
                at=row.at,
                actor=row.actor,
                actor_name=names.get(row.actor),
                action=row.action,
                subject=row.subject,
                subject_name=names.get(row.subject),
                detail=row.detail,
            )
            for row in reversed(rows)
        ]
