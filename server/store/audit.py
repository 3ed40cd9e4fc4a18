"""The audit trail, to be read: what somebody did to somebody else, or looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from server.store.database import Database
from server.store.hours_views import EVERYBODY, EXPORTED, VIEWED
from server.store.models import AuditEntryRow, HoursEntryRow, PairRow, PersonRow
from server.store.pairs import PAIR_REMOVED


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

        About somebody is also what was done to a pair or an entry of theirs, and who looked at the hours of all.
        """
        entry = AuditEntryRow
        query = select(entry).where(entry.at >= since).order_by(entry.entry_id.desc()).limit(limit)
        if about is not None:
            query = query.where(is_about(about))
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


def is_about(person_id: str) -> ColumnElement[bool]:
    """Return the condition that entries of the trail are about somebody."""
    entry = AuditEntryRow
    pairs = select(PairRow.pair_id).where(or_(PairRow.mentor_id == person_id, PairRow.mentee_id == person_id))
    entries = select(HoursEntryRow.entry_id).where(
        or_(HoursEntryRow.mentor_id == person_id, HoursEntryRow.pair_id.in_(pairs))
    )
    removal = aliased(AuditEntryRow)
    is_theirs = removal.detail.contains(person_id, autoescape=True)
    removed_pairs = select(removal.subject).where(removal.action == PAIR_REMOVED, is_theirs)
    looks_at_all = (entry.subject == EVERYBODY) & entry.action.in_((VIEWED, EXPORTED))
    subjects = (pairs, removed_pairs, entries)
    return or_(entry.subject == person_id, *(entry.subject.in_(each) for each in subjects), looks_at_all)
