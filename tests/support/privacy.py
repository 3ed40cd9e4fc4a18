"""A programme whose people leave something behind wherever they can, and what is left of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from protocol.hours import EntryState
from server.hours.attendance import attendance_of, records_of
from server.hours.ledger import Ledger
from server.hours.proposer import Proposer
from server.hours.rebuild import Difference, Rebuilder
from server.people.api_tokens import ApiTokens
from server.people.service import PeopleService
from server.privacy.erasure import create_eraser
from server.privacy.housekeeping import Housekeeper
from server.store.attendance import AttendanceRepository
from server.store.chat import ChatRepository
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import EntryFilter
from server.store.models import AttendanceRow, AuditEntryRow, Base, HoursEntryRow
from server.store.outbox import NewMessage, OutboxRepository
from server.store.people import PeopleRepository
from server.store.rebuilding import RebuildRepository
from server.store.retention import RetentionRepository
from server.store.tokens import TokenRepository
from tests.support.clock import ManualClock
from tests.support.hours import Programme
from tests.support.rows import all_rows

NOW = int(datetime(2026, 11, 30, 20, tzinfo=UTC).timestamp()) * 1_000
DAY_MS = timedelta(days=1) // timedelta(milliseconds=1)
MINUTE_MS = 60_000


class House(Programme):
    """The programme of `tests.support.hours`, with all that keeps and forgets."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.clock = ManualClock(NOW)
        self.facts = HoursFactsRepository(database)
        self.attendance = AttendanceRepository(database)
        self.proposer = Proposer(self.log, self.facts, self.attendance, self.clock)
        self.ledger = Ledger(self.log, self.facts, self.clock)
        self.outbox = OutboxRepository(database, ["mail", "xapi"])
        self.persons = PeopleService(PeopleRepository(database), self.clock)
        self.tokens = ApiTokens(TokenRepository(database), self.clock)
        self.eraser = create_eraser(database, self.clock)
        self.retention = RetentionRepository(database)
        self.housekeeper = Housekeeper(self.retention, self.eraser, self.clock)
        self.differences: Sequence[Difference] = ()
        """What was found when all was made anew last."""

    async def hold(self, meeting_id: str, opened_at: int = NOW - DAY_MS, **present: list[tuple[int, int]]) -> None:
        """Have a meeting that is over and recorded; when who was there is said in minutes after it was opened."""
        times = {
            name: [(start * MINUTE_MS, end * MINUTE_MS) for start, end in stays] for name, stays in present.items()
        }
        await self.add_meeting(meeting_id, opened_at, opened_at + 600 * MINUTE_MS, offset=0, **times)
        await self.record(meeting_id)

    async def record(self, meeting_id: str) -> None:
        history = await self.attendance.load_history(meeting_id)
        assert history is not None
        await self.attendance.replace({meeting_id: records_of(attendance_of(history))})
        await self.proposer.on_meeting_recorded(meeting_id)
        await self.attendance.mark_recorded(meeting_id, self.clock.now_ms())

    async def leave_traces(self, name: str) -> None:
        """Have somebody do all that leaves something behind: chat, hours by hand, a link, a session, a token, mail."""
        person_id = self.person_id(name)
        chat = ChatRepository(self.database)
        for number in range(3):
            await chat.append(self.room_id, person_id, name, f"{name} says secret {number}", f"{name}{number}", NOW)
        await chat.mark_read(self.room_id, person_id, 2)
        link = await self.persons.create_link(f"{name}@school.example")
        assert await self.persons.use_link(link) is not None
        await self.tokens.create(person_id, f"secret of {name}", actor=person_id)
        async with self.database.session() as session:
            letters = [NewMessage("mail", f"mail:{name}:{one}", f"secret letter {one}", person_id) for one in range(2)]
            await self.outbox.put(session, letters, at=NOW)
        entry = self.entered(f"by hand, {name}", mentee="ana" if name in ("ana", "mia") else "ben")
        await self.append(entry)

    async def say_yes(self) -> None:
        """Have everybody confirm whatever waits for them."""
        entries = await self.log.page(EntryFilter(states=[EntryState.PROPOSED]), None, 100)
        for entry in entries[0]:
            await self.append(self.confirmed(entry))

    async def sums(self, *, without: str = "") -> dict[str, Any]:
        """Return all that is added up, of everybody but one."""
        gone = self.person_id(without) if without else ""
        async with self.database.reading() as session:
            attendance = {
                (row.meeting_id, row.person_id): (row.present_ms, row.media_ms, row.spoke_ms)
                for row in await session.scalars(select(AttendanceRow).where(AttendanceRow.person_id != gone))
            }
            entries = {
                row.entry_id: (row.state, row.day, row.measured_ms, row.credited_minutes, row.contact_type)
                for row in await session.scalars(select(HoursEntryRow))
            }
        return {"attendance": attendance, "entries": entries}

    async def rebuilt(self) -> tuple[int, int, int]:
        """Make all that is derived anew; return how many entries, meetings and differences that has found."""
        rebuilder = Rebuilder(self.log, self.facts, self.attendance, RebuildRepository(self.database))
        entries = await rebuilder.rebuild_entries(lambda _more: None)
        attendance = await rebuilder.rebuild_attendance(await rebuilder.spans(), lambda _more: None)
        self.differences = attendance.differences
        return len(entries.changed), len(attendance.changed), len(attendance.differences)

    async def everything(self) -> str:
        """Return all rows of all tables as one text, to look for what must not be there."""
        tables = [mapper.class_ for mapper in Base.registry.mappers]
        return "\n".join(map(str, await all_rows(self.database, *tables)))

    async def trail(self) -> list[tuple[str, str]]:
        """Return actor and action of the audit trail."""
        async with self.database.reading() as session:
            rows = await session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.entry_id))
            return [(row.actor, row.action) for row in rows]
