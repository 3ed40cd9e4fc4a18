"""The hours log, as rows and back, and the entries as they are now, which are derived from it.

A row's number and its place in the chain are given in the transaction that writes it. One transaction writes at a time,
so that no two rows follow the same one. What a step is decided upon is read in the same transaction.
"""

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, true, tuple_, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.hours import ContactType, EntryAction, EntryState, PairKind, Side
from server.hours.log.chain import BEFORE_FIRST, UnreadableRow, seal
from server.hours.log.heads import Head, Line, head_of, heads_of
from server.hours.log.rows import Entry, LogRow, Step, begin, fold, follow
from server.hours.policy import HoursPolicy
from server.store.database import Database
from server.store.models import HoursEntryRow, HoursLogRow, PairRow, ProgrammeRow
from server.store.outbox import NewMessage, OutboxRepository
from server.store.programme import audit, find_policy

_SALT_BYTES = 16
_CHUNK = 500
"""Values in one statement."""
_PAIRS_AT_ONCE = 5_000
"""In one statement."""
_NEVER_WRITTEN = (ValueError, TypeError, OperationalError)
"""What reading a value ends with that was never written here: SQLite keeps days that are numbers, and texts of no text.

A database that is at fault itself is a `StoreError`.
"""
_LOG, _ENTRY = HoursLogRow.__table__.columns, HoursEntryRow.__table__.columns
"""Without objects that could be changed: a log of millions of rows is read several times as fast."""


CreditedDays = Mapping[tuple[str, date], Mapping[str, int]]
"""By pair and day: minutes of entries, by their ids."""

_NOT_WITHDRAWN = tuple(state.value for state in EntryState if state is not EntryState.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are meant. `None`: whatever it is."""

    pair_ids: Collection[str] | None = None
    person_id: str | None = None
    """Of whose pairs, or whose as a substitute."""
    first_day: date | None = None
    last_day: date | None = None
    states: Collection[EntryState] | None = None
    contact_types: Collection[ContactType] | None = None


@dataclass(frozen=True, slots=True, order=True)
class EntryCursor:
    """Where a page of entries ends."""

    day: date
    entry_id: str


@dataclass(frozen=True, slots=True)
class RebuiltBatch:
    """Some entries, held against the log."""

    up_to: str | None
    """The last one's id; `None`: there are no more."""
    count: int
    changed: tuple[str, ...]
    """Those that were not what the log says."""


class NewestRow(NamedTuple):
    """The row of the log that all others come before."""

    number: int
    hash: str
    at: int


@dataclass(frozen=True, slots=True)
class Credited:
    """An entry that both sides have confirmed just now, or that was approved, and whose pair's it is."""

    entry: Entry
    pair_kind: PairKind
    mentee_id: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """That an entry was credited by a row, which does not hold any more."""

    entry_id: str
    number: int
    """Of that row."""
    at: int
    """Of the step by which it ended."""


class Announcements(Protocol):
    """Words for what is told elsewhere."""

    def credit(self, credited: Credited) -> NewMessage:
        """Return the message that an entry is credited."""
        ...

    def revocation(self, revoked: Revoked) -> NewMessage:
        """Return the message that what was told is not so."""
        ...

    def key_of(self, entry_id: str, number: int) -> str:
        """Return the key of the message that a row has credited an entry."""
        ...


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells elsewhere what is credited, and when that is over, by messages that last exactly when the steps do."""

    outbox: OutboxRepository
    words: Announcements

    async def announce(self, session: AsyncSession, steps: Sequence[tuple[Entry | None, Entry]]) -> None:
        """Put what steps make of entries, each given as before and after it: first what is not so any more."""
        pairs = await self._pairs(session, {after.latest.pair_id for _, after in steps if _is_credited_by_it(after)})
        for before, after in steps:
            step = after.latest
            over = [] if before is None else [one for one in before.credited_by if one not in after.credited_by]
            told = await self.outbox.known(session, [self.words.key_of(step.entry_id, number) for number in over])
            messages = [
                self.words.revocation(Revoked(step.entry_id, number, step.at))
                for number in over
                if self.words.key_of(step.entry_id, number) in told
            ]
            if _is_credited_by_it(after):
                kind, mentee_id = pairs[step.pair_id]
                messages.append(self.words.credit(Credited(after, kind, mentee_id)))
            await self.outbox.put(session, messages, at=step.at)

    async def _pairs(self, session: AsyncSession, pair_ids: Collection[str]) -> dict[str, tuple[PairKind, str]]:
        """Return what pairs are, and whom they are for."""
        if not pair_ids:
            return {}
        query = select(PairRow.pair_id, PairRow.kind, PairRow.mentee_id).where(PairRow.pair_id.in_(pair_ids))
        return {row.pair_id: (PairKind(row.kind), row.mentee_id) for row in await session.execute(query)}


class LogWriter:
    """An open transaction that adds to the log."""

    def __init__(self, session: AsyncSession, announcer: Announcer | None = None) -> None:
        self._session = session
        self._announcer = announcer
        self._entries: dict[str, Entry | None] = {}
        self._newest: tuple[int, str] | None = None

    async def entries(self, entry_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Return entries as they are now, by id, without those that are not there."""
        wanted = list(dict.fromkeys(entry_ids))
        unknown = [entry_id for entry_id in wanted if entry_id not in self._entries]
        rows = await _rows_of(self._session, unknown)
        self._entries |= {entry_id: fold(rows.get(entry_id, ())) for entry_id in unknown}
        return {entry_id: entry for entry_id in wanted if (entry := self._entries[entry_id]) is not None}

    async def rows(self, entry_id: str) -> Sequence[LogRow]:
        """Return an entry's rows, oldest first."""
        return (await _rows_of(self._session, [entry_id])).get(entry_id, ())

    async def entries_of_meeting(self, meeting_id: str) -> Mapping[str, Entry]:
        """Return the entries that a meeting has, by id."""
        query = select(HoursEntryRow.entry_id).where(HoursEntryRow.meeting_id == meeting_id)
        return await self.entries(await self._session.scalars(query))

    async def minutes_by_hand(self, pair_id: str, day: date) -> int:
        """Return how many minutes were entered by hand for a pair on a day, without what was withdrawn."""
        query = select(func.sum(HoursEntryRow.credited_minutes)).where(
            HoursEntryRow.pair_id == pair_id,
            HoursEntryRow.day == day,
            HoursEntryRow.meeting_id.is_(None),
            HoursEntryRow.state != EntryState.WITHDRAWN.value,
        )
        return int(await self._session.scalar(query) or 0)

    async def credited(self, pair_ids: Collection[str], days: Collection[date]) -> CreditedDays:
        """Return how many minutes pairs' entries of some days are credited, without those that were withdrawn."""
        entry = HoursEntryRow
        query = select(entry.pair_id, entry.day, entry.entry_id, entry.credited_minutes).where(
            entry.pair_id.in_(pair_ids), entry.state.in_(_NOT_WITHDRAWN), entry.day.in_(days)
        )
        found: dict[tuple[str, date], dict[str, int]] = {}
        for pair_id, day, entry_id, minutes in await self._session.execute(query):
            found.setdefault((pair_id, day), {})[entry_id] = minutes
        return found

    async def policy(self) -> HoursPolicy:
        """Return how the programme counts."""
        return await find_policy(self._session)

    async def append(self, steps: Sequence[Step]) -> list[Entry]:
        """Add steps to the log, in this order; return what each one's entry is then."""
        if not steps:
            return []
        known = dict(await self.entries(step.entry_id for step in steps))
        if self._newest is None:
            end = await find_newest_row(self._session)
            self._newest = (0, BEFORE_FIRST) if end is None else (end.number, end.hash)
        number, newest = self._newest
        rows: list[Mapping[str, object]] = []
        taken: list[tuple[Entry | None, Entry]] = []
        for step in steps:
            row = seal(step, number + 1, newest, secrets.token_hex(_SALT_BYTES))
            number, newest = row.number, row.hash
            before = known.get(step.entry_id)
            known[step.entry_id] = begin(row) if before is None else follow(before, row)
            rows.append(_columns(row))
            taken.append((before, known[step.entry_id]))
        await self._session.execute(insert(HoursLogRow), rows)
        changed = {step.entry_id: known[step.entry_id] for step in steps}
        await _replace(self._session, changed, [head_of(entry) for entry in changed.values()])
        self._entries |= changed
        self._newest = number, newest
        if self._announcer is not None:
            await self._announcer.announce(self._session, taken)
        return [after for _, after in taken]

    def audit(self, at: int, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Add an entry to the audit trail, which lasts exactly when the steps do."""
        audit(self._session, at, actor, action, subject, detail)


class HoursLogRepository:
    """The hours log."""

    def __init__(self, database: Database, announcer: Announcer | None = None) -> None:
        """With an `announcer`, elsewhere is told what is credited."""
        self._database = database
        self._announcer = announcer

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[LogWriter]:
        """Open a transaction that adds to the log: all of it is kept, or, when the block raises, nothing."""
        async with self._database.session() as session:
            yield LogWriter(session, self._announcer)

    async def rows_of(self, entry_id: str) -> Sequence[LogRow]:
        """Return an entry's rows, oldest first."""
        async with self._database.reading() as session:
            return (await _rows_of(session, [entry_id])).get(entry_id, ())

    async def find(self, entry_ids: Collection[str]) -> list[Entry]:
        """Return entries in the order of `entry_ids`, without those that are not there."""
        async with self._database.reading() as session:
            rows = await _rows_of(session, entry_ids)
        return [entry for entry_id in entry_ids if (entry := fold(rows.get(entry_id, ()))) is not None]

    async def page(
        self, wanted: EntryFilter, after: EntryCursor | None, limit: int
    ) -> tuple[list[Entry], EntryCursor | None]:
        """Return the `limit` entries that come after `after`, newest day first, and where more begin, if there are."""
        place = HoursEntryRow.day, HoursEntryRow.entry_id
        query = select(*place).where(*_conditions(wanted))
        if after is not None:
            query = query.where(tuple_(*place) < (after.day, after.entry_id))
        query = query.order_by(*(column.desc() for column in place)).limit(limit + 1)
        async with self._database.reading() as session:
            among = among_pairs(wanted.pair_ids)
            places = [EntryCursor(*row) for each in among for row in await session.execute(query.where(each))]
            places = sorted(places, reverse=True)[: limit + 1]
            rows = await _rows_of(session, [each.entry_id for each in places[:limit]])
        found = [entry for each in places[:limit] if (entry := fold(rows.get(each.entry_id, ()))) is not None]
        return found, places[limit - 1] if len(places) > limit else None

    async def count_by_state(self, wanted: EntryFilter) -> Counter[EntryState]:
        """Return how many entries there are, by where they stand."""
        state = HoursEntryRow.state
        query = select(state, func.count()).where(*_conditions(wanted)).group_by(state)
        counts: Counter[EntryState] = Counter()
        async with self._database.reading() as session:
            for each in among_pairs(wanted.pair_ids):
                for found, count in await session.execute(query.where(each)):
                    counts[EntryState(found)] += count
        return counts

    async def newest_number(self) -> int:
        """Return the number of the newest row, also of one that is gone but that an entry refers to; 0: none."""
        async with self._database.reading() as session:
            newest = await session.scalar(select(func.max(HoursLogRow.number)))
            referred_to = await session.scalar(select(func.max(HoursEntryRow.number)))
        return max(newest or 0, referred_to or 0)

    async def newest(self) -> NewestRow | None:
        """Return the newest row; `None`: there is none."""
        async with self._database.reading() as session:
            return await find_newest_row(session)

    async def read(self, after: int | None, limit: int) -> Sequence[LogRow | UnreadableRow]:
        """Return the rows with the next numbers after `after`; `None`: the first ones."""
        is_next = [] if after is None else [HoursLogRow.number > after]
        query = select(*_LOG).where(*is_next).order_by(HoursLogRow.number).limit(limit)
        try:
            async with self._database.reading() as session:
                return [_row(row) for row in await session.execute(query)]
        except _NEVER_WRITTEN:
            pass  # by us, in one of them
        return await self._read_each(query.with_only_columns(HoursLogRow.number))

    async def _read_each(self, numbers: Select[int]) -> Sequence[LogRow | UnreadableRow]:
        found: list[LogRow | UnreadableRow] = []
        async with self._database.reading() as session:
            for number in list(await session.scalars(numbers)):
                try:
                    one = await session.execute(select(*_LOG).where(HoursLogRow.number == number))
                    found.append(_row(one.one()))
                except _NEVER_WRITTEN:
                    found.append(UnreadableRow(number))
        return found

    async def erase_texts(self, author_id: str, *, actor: str, at: int) -> int:
        """Take the texts that somebody has written out of the log, whose chain holds without them; return how many."""
        query = (
            update(HoursLogRow)
            .where(HoursLogRow.author_id == author_id, HoursLogRow.text.is_not(None))
            .values(text=None, text_salt="")
            .returning(HoursLogRow.number)
        )
        async with self._database.session() as session:
            erased = len((await session.execute(query)).all())
            audit(session, at, actor, "hours_texts_erased", author_id, f"{erased} texts")
        return erased

    async def count_entries(self) -> int:
        """Return how many entries the log has."""
        async with self._database.reading() as session:
            return await session.scalar(select(func.count(HoursLogRow.entry_id.distinct()))) or 0

    async def compare(self, after: str, limit: int) -> RebuiltBatch:
        """Hold the `limit` entries that come after `after`, by id, against the log, and leave them as they are.

        They are looked at beside whoever writes. Only for those that are not as the log says others have to wait, once
        for each batch. Raises `ValueError` when the log has words in it that were never written.
        """
        return await self._walk(after, limit, is_mended=False)

    async def rebuild(self, after: str, limit: int) -> RebuiltBatch:
        """Do the same, and make those anew that are not as the log says."""
        return await self._walk(after, limit, is_mended=True)

    async def _walk(self, after: str, limit: int, *, is_mended: bool) -> RebuiltBatch:
        place = (
            select(HoursLogRow.entry_id)
            .where(HoursLogRow.entry_id > after)
            .distinct()
            .order_by(HoursLogRow.entry_id)
            .offset(limit - 1)
            .limit(1)
        )
        async with self._database.reading() as session:
            up_to = await session.scalar(place)
            is_last = [] if up_to is None else [up_to]
            right, kept = await _derived(
                session, lambda entry_id: and_(entry_id > after, *(entry_id <= last for last in is_last))
            )
        wrong = [each for each in {*right, *kept} if right.get(each) != kept.get(each)]
        changed = await self._look_again(wrong, is_mended=is_mended) if wrong else []
        return RebuiltBatch(up_to, len(right), tuple(sorted(changed)))

    async def _look_again(self, entry_ids: Sequence[str], *, is_mended: bool) -> list[str]:
        """Return those that are not as the log says while nobody writes, either."""
        changed: list[str] = []
        rest = iter(entry_ids)
        async with self._database.session() as session:
            while chunk := list(islice(rest, _CHUNK)):
                right, kept = await _derived(session, _among(chunk))
                wrong = [each for each in chunk if right.get(each) != kept.get(each)]
                if is_mended:
                    await _replace(session, wrong, [right[each] for each in wrong if each in right])
                changed += wrong
            if changed and is_mended:
                generation = func.coalesce(ProgrammeRow.hours_generation, 0)
                await session.execute(update(ProgrammeRow).values(hours_generation=generation + 1))
        return changed


async def find_newest_row(session: AsyncSession) -> NewestRow | None:
    """Return the log's newest row as a transaction sees it; `None`: there is none."""
    query = select(HoursLogRow.number, HoursLogRow.hash, HoursLogRow.at).order_by(HoursLogRow.number.desc()).limit(1)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else NewestRow(*row)


def _among(entry_ids: Collection[str]) -> Callable[[ColumnElement[str]], ColumnElement[bool]]:
    return lambda entry_id: entry_id.in_(entry_ids)


async def _derived(
    session: AsyncSession, are_meant: Callable[[ColumnElement[str]], ColumnElement[bool]]
) -> tuple[dict[str, Head], dict[str, Head]]:
    """Return entries as the log says, and as they are kept; both by id."""
    lines = select(*(_LOG[name] for name in Line._fields)).where(are_meant(_LOG["entry_id"]))
    heads = select(*(_ENTRY[name] for name in Head._fields)).where(are_meant(_ENTRY["entry_id"]))
    rows = await session.execute(lines.order_by(_LOG["entry_id"], _LOG["number"]))
    right = {head.entry_id: head for head in heads_of(map(Line._make, rows))}
    kept = {head.entry_id: head for head in map(Head._make, await session.execute(heads))}
    return right, kept


async def _rows_of(session: AsyncSession, entry_ids: Collection[str]) -> dict[str, list[LogRow]]:
    found: dict[str, list[LogRow]] = {}
    wanted = iter(entry_ids)
    while chunk := list(islice(wanted, _CHUNK)):
        query = select(*_LOG).where(HoursLogRow.entry_id.in_(chunk))
        for row in await session.execute(query.order_by(HoursLogRow.entry_id, HoursLogRow.number)):
            found.setdefault(row.entry_id, []).append(_row(row))
    return found


async def _replace(session: AsyncSession, entry_ids: Iterable[str], heads: Sequence[Head]) -> None:
    wanted = iter(entry_ids)
    while chunk := list(islice(wanted, _CHUNK)):
        await session.execute(delete(HoursEntryRow).where(HoursEntryRow.entry_id.in_(chunk)))
    if heads:
        await session.execute(insert(HoursEntryRow), [head._asdict() for head in heads])


def among_pairs(pair_ids: Collection[str] | None) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that together mean the entries of some pairs, or of all: no statement takes any number."""
    if pair_ids is None:
        yield true()
        return
    rest = iter(pair_ids)
    while chunk := list(islice(rest, _PAIRS_AT_ONCE)):
        yield HoursEntryRow.pair_id.in_(chunk)


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    """Return what is meant beside the pairs."""
    entry = HoursEntryRow
    found: list[ColumnElement[bool]] = []
    if wanted.person_id is not None:
        is_theirs = or_(PairRow.mentor_id == wanted.person_id, PairRow.mentee_id == wanted.person_id)
        of_theirs = select(PairRow.pair_id).where(is_theirs)
        found.append(or_(entry.mentor_id == wanted.person_id, entry.pair_id.in_(of_theirs)))
    if wanted.first_day is not None:
        found.append(entry.day >= wanted.first_day)
    if wanted.last_day is not None:
        found.append(entry.day <= wanted.last_day)
    if wanted.states is not None:
        found.append(entry.state.in_([state.value for state in wanted.states]))
    if wanted.contact_types is not None:
        found.append(entry.contact_type.in_([each.value for each in wanted.contact_types]))
    return found


def _is_credited_by_it(entry: Entry) -> bool:
    """Tell whether an entry's newest row credits it."""
    return entry.number in entry.credited_by


def _columns(row: LogRow) -> dict[str, object]:
    step = row.step
    return {
        **asdict(step),
        "action": step.action.value,
        "side": step.side.value,
        "contact_type": step.contact_type.value,
        "number": row.number,
        "text_salt": row.text_salt,
        "text_digest": row.text_digest,
        "hash": row.hash,
    }


def _row(row: Row[*tuple[Any, ...]]) -> LogRow:
    step = Step(
        entry_id=row.entry_id,
        pair_id=row.pair_id,
        mentor_id=row.mentor_id,
        meeting_id=row.meeting_id,
        day=row.day,
        action=EntryAction(row.action),
        side=Side(row.side),
        author_id=row.author_id,
        at=row.at,
        contact_type=ContactType(row.contact_type),
        measured_ms=row.measured_ms,
        credited_minutes=row.credited_minutes,
        text=row.text,
    )
    return LogRow(number=row.number, step=step, text_salt=row.text_salt, text_digest=row.text_digest, hash=row.hash)
