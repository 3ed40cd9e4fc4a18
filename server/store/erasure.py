"""Somebody who is to be forgotten: what is theirs goes, sums that others have a part in stay, under nobody's name.

It begins with one transaction, after which nothing says any more who it was, and goes on with short ones, each of which
may be the last: what is left is found again by the mark that the first one has made.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, or_, select, update

from server.store.database import Database
from server.store.models import (
    ApiTokenRow,
    AttendanceRow,
    ChatMessageRow,
    ChatReadRow,
    ConnectionRow,
    HoursLogRow,
    MeetingRow,
    OutboxMessageRow,
    PairRow,
    PersonRow,
    RoomRoleRow,
    SignInLinkRow,
    SignInSessionRow,
)
from server.store.programme import audit, day_in, find_zone
from server.store.retention import make_final

NAME_OF_ERASED = "Removed person"
TEXT_OF_ERASED = "[removed]"
_ROWS = 500
"""In one transaction: meanwhile nobody else can write."""
_OF_THEIRS = (SignInSessionRow, SignInLinkRow, ApiTokenRow, RoomRoleRow, ChatReadRow)
"""In this order: sessions refer to links."""
_SAYS_SOMETHING = or_(ChatMessageRow.name != NAME_OF_ERASED, ChatMessageRow.text != TEXT_OF_ERASED)


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whose data is here."""

    person_id: str
    name: str
    email: str


class ErasureRepository:
    """The data of people who are to be forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, email: str) -> Found | None:
        """Return who has this (casefolded) address, whether they are in the programme or were removed."""
        query = select(PersonRow.person_id, PersonRow.name, PersonRow.email).where(PersonRow.email == email)
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else Found(row.person_id, row.name, row.email)

    async def begin(self, person_id: str, *, actor: str, at: int) -> None:
        """Take name and address from somebody, and all that lets them in; their pairs are over. Idempotent."""
        is_known = PersonRow.person_id == person_id, PersonRow.erased_at.is_(None)
        async with self._database.session() as session:
            erased = update(PersonRow).where(*is_known)
            # No e-mail address: nobody is ever added, or brought back, under it.
            nobody = {"name": NAME_OF_ERASED, "email": f"erased:{person_id}"}
            gone = {"removed_at": func.coalesce(PersonRow.removed_at, at), "erased_at": at}
            if await session.scalar(erased.values(**nobody, **gone).returning(PersonRow.person_id)) is None:
                return
            for table in _OF_THEIRS:
                await session.execute(delete(table).where(table.person_id == person_id))
            zone = await find_zone(session)
            today = day_in(zone, at)
            theirs = or_(PairRow.mentor_id == person_id, PairRow.mentee_id == person_id)
            for pair in await session.scalars(select(PairRow).where(theirs)):
                if pair.ends_on is None or pair.ends_on > today:
                    pair.ends_on = max(today, pair.starts_on or day_in(zone, pair.created_at))
            audit(session, at, actor, "person_erased", person_id)

    async def unfinished(self) -> Sequence[str]:
        """Return the ids of those of whom more is left than sums."""
        left = (
            exists().where(ConnectionRow.person_id == PersonRow.person_id),
            exists().where(HoursLogRow.author_id == PersonRow.person_id, HoursLogRow.text.is_not(None)),
            exists().where(OutboxMessageRow.person_id == PersonRow.person_id, OutboxMessageRow.body != ""),
            PersonRow.person_id.in_(select(ChatMessageRow.person_id).where(_SAYS_SOMETHING)),
        )
        query = select(PersonRow.person_id).where(PersonRow.erased_at.is_not(None), or_(*left))
        async with self._database.reading() as session:
            return list(await session.scalars(query.order_by(PersonRow.person_id)))

    async def erase_messages(self, person_id: str) -> int:
        """Take the words and the name from some of somebody's chat messages; return of how many."""
        some = (
            select(ChatMessageRow.message_id).where(ChatMessageRow.person_id == person_id, _SAYS_SOMETHING).limit(_ROWS)
        )
        async with self._database.session() as session:
            ids = list(await session.scalars(some))
            erased = update(ChatMessageRow).where(ChatMessageRow.message_id.in_(ids))
            await session.execute(erased.values(name=NAME_OF_ERASED, text=TEXT_OF_ERASED))
        return len(ids)

    async def erase_letters(self, person_id: str, *, at: int) -> int:
        """Empty some of what was, or is, to be sent to somebody or about them; return how many."""
        some = (
            select(OutboxMessageRow.message_id)
            .where(OutboxMessageRow.person_id == person_id, OutboxMessageRow.body != "")
            .limit(_ROWS)
        )
        async with self._database.session() as session:
            ids = list(await session.scalars(some))
            theirs = OutboxMessageRow.message_id.in_(ids)
            waits = OutboxMessageRow.sent_at.is_(None), OutboxMessageRow.given_up_at.is_(None)
            await session.execute(update(OutboxMessageRow).where(theirs, *waits).values(given_up_at=at))
            await session.execute(update(OutboxMessageRow).where(theirs).values(body="", last_error=None))
        return len(ids)

    async def has_texts(self, person_id: str) -> bool:
        """Tell whether there is something in the hours log that somebody has written."""
        query = select(HoursLogRow.number).where(HoursLogRow.author_id == person_id, HoursLogRow.text.is_not(None))
        async with self._database.reading() as session:
            return await session.scalar(query.limit(1)) is not None

    async def meetings_with_events(self, person_id: str) -> Sequence[str]:
        """Return the recorded meetings of which more than sums is kept of somebody."""
        query = (
            select(AttendanceRow.meeting_id)
            .join(MeetingRow, MeetingRow.meeting_id == AttendanceRow.meeting_id)
            .where(AttendanceRow.person_id == person_id, AttendanceRow.final_role.is_(None))
            .where(MeetingRow.recorded_at.is_not(None))
            .order_by(AttendanceRow.meeting_id)
        )
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def forget_events(self, person_id: str, meeting_ids: Sequence[str]) -> None:
        """Delete somebody's connections of some recorded meetings, and what happened with them."""
        async with self._database.session() as session:
            for meeting_id in meeting_ids:
                await make_final(session, meeting_id, [person_id])
