"""What is kept for a time only: how long, and its deletion in short transactions.

A person's events of a meeting go together with their connections, and in the transaction that notes that the sums
of them are final. Whoever is interrupted goes on where they were.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, case, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.hours import EntryState
from protocol.roles import RoomRole
from server.privacy.retention import Retention, read_retention, write_retention
from server.store.database import Database
from server.store.models import (
    ApiTokenRow,
    AttendanceRow,
    AuditEntryRow,
    ConnectionRow,
    HoursEntryRow,
    MeetingRow,
    PresenceEventRow,
    ProgrammeRow,
    SignInLinkRow,
    SignInSessionRow,
)
from server.store.programme import audit, ensure_programme

_ROWS = 500
"""In one transaction: meanwhile nobody else can write."""
_PEOPLE = 50
"""Of one meeting in one transaction, with some dozens of events each."""


class RetentionRepository:
    """How long what is kept, and what is beyond that."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retention(self) -> Retention:
        """Return how long what is kept."""
        async with self._database.reading() as session:
            return read_retention(await session.scalar(select(ProgrammeRow.retention)))

    async def set_retention(self, retention: Retention, *, actor: str, at: int) -> None:
        """Say how long what is kept. Raises `UserError`."""
        text = write_retention(retention)
        read_retention(text)
        async with self._database.session() as session:
            programme_id = await ensure_programme(session, at)
            programme = await session.get_one(ProgrammeRow, programme_id)
            if read_retention(programme.retention) != retention:
                programme.retention = text
                audit(session, at, actor, "retention_changed", programme_id, text)

    async def meetings_with_events(self, *, closed_before: int) -> Sequence[str]:
        """Return the meetings that were over before then, and of which more is kept than sums; oldest first.

        Without those that somebody disputes: what they are about would be gone before it is settled.
        """
        is_more = exists().where(AttendanceRow.meeting_id == MeetingRow.meeting_id, AttendanceRow.final_role.is_(None))
        is_disputed = exists().where(
            HoursEntryRow.meeting_id == MeetingRow.meeting_id, HoursEntryRow.state == EntryState.DISPUTED.value
        )
        query = (
            select(MeetingRow.meeting_id)
            .where(MeetingRow.closed_at < closed_before, MeetingRow.recorded_at.is_not(None), is_more, ~is_disputed)
            .order_by(MeetingRow.closed_at, MeetingRow.meeting_id)
        )
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def forget_events(self, meeting_id: str) -> int:
        """Delete connections of a recorded meeting and what happened with them; return of how many people."""
        count = 0
        while True:
            query = _derived().where(AttendanceRow.meeting_id == meeting_id).limit(_PEOPLE)
            async with self._database.session() as session:
                people = [person_id for _, person_id in await session.execute(query)]
                await make_final(session, meeting_id, people)
            count += len(people)
            if len(people) < _PEOPLE:
                return count

    async def forget_sign_ins(self, *, before: int) -> int:
        """Delete links and tokens that worked no more before then, and sessions that had run out; return how many."""
        link_end = func.coalesce(SignInLinkRow.revoked_at, SignInLinkRow.expires_at)
        token_end = func.coalesce(ApiTokenRow.revoked_at, ApiTokenRow.expires_at)
        is_in_use = exists().where(SignInSessionRow.link_id == SignInLinkRow.link_id)
        sessions = select(SignInSessionRow.session_id).where(SignInSessionRow.expires_at < before)
        links = select(SignInLinkRow.link_id).where(link_end < before, ~is_in_use)
        tokens = select(ApiTokenRow.token_id).where(token_end < before)
        return (
            await self._delete(SignInSessionRow, sessions)
            + await self._delete(SignInLinkRow, links)
            + await self._delete(ApiTokenRow, tokens)
        )

    async def forget_audit(self, *, before: int) -> int:
        """Delete entries of the audit trail from before then; return how many."""
        return await self._delete(AuditEntryRow, select(AuditEntryRow.entry_id).where(AuditEntryRow.at < before))

    async def _delete(
        self,
        table: type[SignInSessionRow] | type[SignInLinkRow] | type[ApiTokenRow] | type[AuditEntryRow],
        keys: Select[str] | Select[int],
    ) -> int:
        [key] = table.__table__.primary_key
        count = 0
        while True:
            async with self._database.session() as session:
                found = list(await session.scalars(keys.limit(_ROWS)))
                await session.execute(delete(table).where(key.in_(found)))
            count += len(found)
            if len(found) < _ROWS:
                return count


async def make_final(session: AsyncSession, meeting_id: str, person_ids: Collection[str]) -> None:
    """Delete all that is known of some people in a recorded meeting but their attendance, in this transaction."""
    if not person_ids:
        return
    theirs = ConnectionRow.meeting_id == meeting_id, ConnectionRow.person_id.in_(person_ids)
    observed = exists().where(
        ConnectionRow.meeting_id == AttendanceRow.meeting_id,
        ConnectionRow.person_id == AttendanceRow.person_id,
        ConnectionRow.room_role == RoomRole.OBSERVER.value,
    )
    role = case((observed, RoomRole.OBSERVER.value), else_=RoomRole.PARTICIPANT.value)
    kept = update(AttendanceRow).where(AttendanceRow.meeting_id == meeting_id, AttendanceRow.person_id.in_(person_ids))
    await session.execute(kept.values(final_role=role))
    connections = select(ConnectionRow.connection_id).where(*theirs)
    await session.execute(delete(PresenceEventRow).where(PresenceEventRow.connection_id.in_(connections)))
    await session.execute(delete(ConnectionRow).where(*theirs))


def _derived() -> Select[str, str]:
    return (
        select(AttendanceRow.meeting_id, AttendanceRow.person_id)
        .where(AttendanceRow.final_role.is_(None))
        .order_by(AttendanceRow.person_id)
    )
