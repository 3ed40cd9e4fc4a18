"""All entries of many pairs, read together, and what waits for somebody's word."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, select

from protocol.hours import EntryAction, EntryState
from server.store.database import Database
from server.store.hours_log import EntryCursor, among_pairs
from server.store.models import HoursEntryRow, HoursLogRow, PairRow, ProgrammeRow

ANSWER_STEP_MS = 360_000
"""How long answers took is told in steps of a tenth of an hour."""


@dataclass(frozen=True, slots=True)
class PairLines:
    """All of a pair's entries that are not withdrawn, in one text.

    A thousand rows are had so much sooner than two hundred thousand.
    """

    pair_id: str
    text: str

    def entries(self) -> Iterator[Sequence[str]]:
        """Return them in no order: day (ISO 8601), credited minutes, contact type, state.

        Last the steps of `ANSWER_STEP_MS` until both had said yes, or -1: they have not.
        """
        return (line.split(" ") for line in self.text.split("\n"))


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the log is. While it is the same, so are all entries."""

    number: int
    """Of its newest row."""
    generation: int
    """So often entries were made anew otherwise than they had been."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The entries of pairs, as of one moment."""

    state: LogState
    pairs: Sequence[PairLines]
    """Without pairs that have no entry."""
    pair_ids: frozenset[str] | None
    """Of all that were looked at; `None`: every one."""


class HoursFiguresRepository:
    """Entries, as they are added up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(self, *, since: LogState | None = None, pair_ids: Collection[str] | None = None) -> Lines:
        """Return the entries of pairs: of all, of some, or of those that have changed since the log was so far."""
        entry = HoursEntryRow
        answer = func.coalesce((entry.answered_at - entry.created_at) // ANSWER_STEP_MS, -1)
        line: ColumnElement[str] = cast(entry.day, String)
        for column in (cast(entry.credited_minutes, String), entry.contact_type, entry.state, cast(answer, String)):
            line = line + " " + column
        query = (
            select(entry.pair_id, func.aggregate_strings(line, "\n"))
            .where(entry.state != EntryState.WITHDRAWN.value)
            .group_by(entry.pair_id)
        )
        wanted = None if pair_ids is None else frozenset(pair_ids)
        found: list[PairLines] = []
        async with self._database.reading() as session:
            state = LogState(
                number=await session.scalar(select(func.max(HoursLogRow.number))) or 0,
                generation=await session.scalar(select(func.max(ProgrammeRow.hours_generation))) or 0,
            )
            if since is not None and since.generation == state.generation:
                changed = select(HoursLogRow.pair_id).where(HoursLogRow.number > since.number).distinct()
                wanted = frozenset(await session.scalars(changed)) if state != since else frozenset()
            for condition in among_pairs(wanted):
                found += [PairLines(*row) for row in await session.execute(query.where(condition))]
        return Lines(state, found, wanted)

    async def on_days(self, pair_id: str, days: Collection[date]) -> list[str]:
        """Return the ids of a pair's entries of some days."""
        query = select(HoursEntryRow.entry_id).where(HoursEntryRow.pair_id == pair_id, HoursEntryRow.day.in_(days))
        async with self._database.reading() as session:
            return list(await session.scalars(query.order_by(HoursEntryRow.entry_id)))

    async def waiting_for(self, person_id: str, limit: int) -> list[EntryCursor]:
        """Return the entries that wait for somebody's word, newest day first."""
        entry = HoursEntryRow
        newest = select(entry.day, entry.entry_id).order_by(entry.day.desc(), entry.entry_id.desc()).limit(limit)
        found: set[EntryCursor] = set()
        async with self._database.reading() as session:
            own = list(await session.scalars(select(PairRow.pair_id).where(PairRow.mentee_id == person_id)))
            as_mentee = newest.where(entry.pair_id.in_(own), entry.is_confirmed_by_mentee.is_(False))
            as_mentor = newest.where(entry.mentor_id == person_id, entry.is_confirmed_by_mentor.is_(False))
            # One by one: for all at once, databases look at whatever is proposed.
            for query in (as_mentee, as_mentor):
                for is_open in (IS_PROPOSED, is_put_right()):
                    found |= {EntryCursor(*row) for row in await session.execute(query.where(is_open))}
        return sorted(found, reverse=True)[:limit]


IS_PROPOSED = HoursEntryRow.state == EntryState.PROPOSED.value


def is_put_right() -> ColumnElement[bool]:
    """Return the condition that one has objected to an entry, and the other one has changed it since."""
    step = HoursLogRow
    is_newest = step.number == HoursEntryRow.number
    is_changed = exists().where(is_newest, step.action == EntryAction.ADJUSTED.value)
    return and_(HoursEntryRow.state == EntryState.DISPUTED.value, is_changed)
