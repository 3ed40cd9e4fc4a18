"""Pairs and their leave, as rows and back. Days are those of the programme's time zone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

from sqlalchemy import ColumnElement, Row, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from protocol.errors import ErrorCode
from protocol.hours import PairKind
from protocol.tasks import RoomPerson
from server.errors import UserError
from server.ids import create_id
from server.store.database import Database
from server.store.models import HoursEntryRow, HoursLogRow, LeaveRow, PairRow, PersonRow, RequirementRow
from server.store.programme import audit, day_in, ensure_programme, find_zone

_Mentor, _Mentee, _Substitute = aliased(PersonRow), aliased(PersonRow), aliased(PersonRow)
PAIR_REMOVED = "pair_removed"
"""In the audit trail; who the two were stands beside it, since nothing else tells."""
_IS_IN_PROGRAMME = PersonRow.removed_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEntry:
    """Two people to pair, by their (casefolded) e-mail addresses."""

    kind: PairKind
    mentor: str
    mentee: str
    starts_on: date | None = None
    """`None`: today, or as it is."""
    ends_on: date | None = None
    """`None`: not known, or as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Days on which a pair does not meet, or meets with somebody else as the mentor."""

    leave_id: str
    pair_id: str
    first_day: date
    last_day: date
    substitute: RoomPerson | None

    def includes(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Mentor and mentee, from when to when they are a pair, and their leave meanwhile."""

    pair_id: str
    kind: PairKind
    mentor: RoomPerson
    mentee: RoomPerson
    mentor_email: str
    mentee_email: str
    starts_on: date
    ends_on: date | None
    is_present: bool
    """Whether both are in the programme."""
    leaves: tuple[Leave, ...]
    """What was not taken back, by day."""

    @property
    def mentor_id(self) -> str:
        """The id of the pair's own mentor."""
        return self.mentor.person_id

    @property
    def mentee_id(self) -> str:
        """The id of the mentee."""
        return self.mentee.person_id

    def mentor_on(self, day: date) -> str | None:
        """Return who is the mentor on a day: the pair's, or a substitute. `None`: it is no pair on that day.

        On leave without a substitute it stays who it is: if the two meet all the same, they have met.
        """
        if day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return None
        substitutes = (leave.substitute for leave in self.leaves if leave.includes(day))
        return next((one.person_id for one in substitutes if one is not None), self.mentor_id)

    def mentors(self) -> frozenset[str]:
        """Return whoever is the mentor on some day."""
        substitutes = (leave.substitute for leave in self.leaves)
        return frozenset({self.mentor_id, *(one.person_id for one in substitutes if one is not None)})

    def is_over_on(self, day: date) -> bool:
        """Tell whether it is no pair any more on a day."""
        return not self.is_present or (self.ends_on is not None and self.ends_on < day)

    def leave_on(self, day: date) -> Leave | None:
        """Return the leave that a pair is on, whether there is a substitute or not."""
        return next((leave for leave in self.leaves if leave.includes(day)), None)

    def stopped_days(self) -> list[tuple[date, date]]:
        """Return when the pair's clocks stand still: its leave without a substitute, as first and last days."""
        return [(leave.first_day, leave.last_day) for leave in self.leaves if leave.substitute is None]


class PairsRefusedError(UserError):
    """Pairs that cannot be made: the place of each in the list that was given, and a sentence."""

    def __init__(self, mistakes: Sequence[tuple[int, str]]) -> None:
        super().__init__(ErrorCode.BAD_REQUEST, "\n".join(sentence for _, sentence in mistakes))
        self.mistakes = mistakes


class PairRepository:
    """The programme's pairs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_pairs(self) -> list[Pair]:
        """Return all pairs, also those that are over, by the names of mentor and mentee."""
        async with self._database.reading() as session:
            return await read_pairs(session, await find_zone(session))

    async def find(self, kind: PairKind, mentor: str, mentee: str) -> Pair | None:
        """Return the pair of two people, by their e-mail addresses."""
        async with self._database.reading() as session:
            of_the_two = _Mentor.email == mentor, _Mentee.email == mentee
            pairs = await read_pairs(session, await find_zone(session), *of_the_two)
        return next((pair for pair in pairs if pair.kind is kind), None)

    async def add(self, entries: Sequence[PairEntry], *, actor: str, at: int) -> list[str]:
        """Pair people, or change the days of those who are a pair already; all or nothing.

        Returns for each "added", "changed" or "unchanged". Raises `PairsRefusedError`.
        """
        async with self._database.session() as session:
            zone = await find_zone(session)
            people = await session.execute(select(PersonRow.email, PersonRow.person_id).where(_IS_IN_PROGRAMME))
            ids = {row.email: row.person_id for row in people}
            known = {
                (pair.kind, pair.mentor_id, pair.mentee_id): pair for pair in await session.scalars(select(PairRow))
            }
            mistakes = _mistakes(entries, ids, known, zone, at)
            if mistakes:
                raise PairsRefusedError(mistakes)
            programme_id = await ensure_programme(session, at)
            outcomes = []
            for entry in entries:
                key = entry.kind.value, ids[entry.mentor], ids[entry.mentee]
                row = known.get(key)
                if row is None:
                    row = PairRow(pair_id=create_id("pair"), programme_id=programme_id, created_at=at)
                    row.kind, row.mentor_id, row.mentee_id = key
                    row.starts_on, row.ends_on = entry.starts_on or day_in(zone, at), entry.ends_on
                    session.add(row)
                    audit(session, at, actor, "pair_added", row.pair_id, f"as {entry.kind}, {_days(row)}")
                    outcomes.append("added")
                else:
                    outcomes.append(_change(session, row, entry, actor=actor, at=at))
        return outcomes

    async def end(self, pair_id: str, last_day: date | None, *, actor: str, at: int) -> None:
        """Say on which day a pair is over; with `None` that it goes on. Raises `UserError`."""
        async with self._database.session() as session:
            row = await session.get_one(PairRow, pair_id)
            first_day = row.starts_on or day_in(await find_zone(session), row.created_at)
            if last_day is not None and last_day < first_day:
                raise UserError(ErrorCode.BAD_REQUEST, f"{last_day} is before the pair's first day, {first_day}.")
            if row.ends_on != last_day:
                row.ends_on = last_day
                audit(session, at, actor, "pair_resumed" if last_day is None else "pair_ended", pair_id, _days(row))

    async def remove(self, pair_id: str, *, actor: str, at: int) -> None:
        """Take a pair out that was entered by mistake, with its leave and what it alone had to do.

        Raises `UserError` when something of it stands in the hours log: that is never taken out.
        """
        async with self._database.session() as session:
            row = await session.get_one(PairRow, pair_id)
            # The entries first, which are found at once.
            for steps in (HoursEntryRow, HoursLogRow):
                if await session.scalar(select(exists().where(steps.pair_id == pair_id))):
                    sentence = (
                        "Something of this pair stands in the hours log: say when it is over by `roundup pairs end`."
                    )
                    raise UserError(ErrorCode.BAD_REQUEST, sentence)
            await session.execute(delete(LeaveRow).where(LeaveRow.pair_id == pair_id))
            only_its = delete(RequirementRow).where(RequirementRow.pair_id == pair_id)
            columns = RequirementRow.requirement_id, RequirementRow.name, RequirementRow.removed_at
            for requirement in await session.execute(only_its.returning(*columns)):
                if requirement.removed_at is None:
                    audit(session, at, actor, "requirement_removed", requirement.requirement_id, requirement.name)
            detail = f"as {row.kind}, {row.mentor_id} with {row.mentee_id}, {_days(row)}"
            await session.delete(row)
            audit(session, at, actor, PAIR_REMOVED, pair_id, detail)

    async def list_leaves(self, *, with_removed: bool = False) -> list[tuple[Leave, int | None]]:
        """Return all leave, by day, and when each was removed."""
        async with self._database.reading() as session:
            rows = await _leave_rows(session, with_removed=with_removed)
        return [(_leave(row, name), row.removed_at) for row, name, _ in rows]

    async def add_leave(
        self, pair_id: str, first_day: date, last_day: date, substitute_id: str | None, *, actor: str, at: int
    ) -> str:
        """Say that a pair is on leave, or that somebody else is its mentor meanwhile; return the leave's id.

        Raises `UserError` for days that are not in order, or on leave already, and for a substitute who cannot be.
        """
        if last_day < first_day:
            raise UserError(ErrorCode.BAD_REQUEST, f"{last_day} is before {first_day}.")
        async with self._database.session() as session:
            pair = await session.get_one(PairRow, pair_id)
            if substitute_id in (pair.mentor_id, pair.mentee_id):
                raise UserError(
                    ErrorCode.BAD_REQUEST, "The substitute is somebody else than the pair's own two people."
                )
            if substitute_id is not None and not await _is_in_programme(session, substitute_id):
                raise UserError(ErrorCode.NOT_FOUND, "The substitute is nobody of this programme.")
            overlapping = select(LeaveRow).where(LeaveRow.pair_id == pair_id, LeaveRow.removed_at.is_(None))
            overlapping = overlapping.where(LeaveRow.first_day <= last_day, LeaveRow.last_day >= first_day)
            other = (await session.scalars(overlapping.order_by(LeaveRow.first_day))).first()
            if other is not None:
                sentence = f"The pair is on leave from {other.first_day} to {other.last_day} already."
                raise UserError(ErrorCode.BAD_REQUEST, sentence)
            leave = LeaveRow(leave_id=create_id("leave"), pair_id=pair_id, first_day=first_day, last_day=last_day)
            leave.substitute_id, leave.created_at = substitute_id, at
            session.add(leave)
            detail = f"{leave.leave_id} from {first_day} to {last_day}, substitute {substitute_id or 'none'}"
            audit(session, at, actor, "leave_added", pair_id, detail)
        return leave.leave_id

    async def remove_leave(self, leave_id: str, *, actor: str, at: int) -> bool:
        """Take leave back; tell whether there was any."""
        removal = update(LeaveRow).where(LeaveRow.leave_id == leave_id, LeaveRow.removed_at.is_(None))
        async with self._database.session() as session:
            pair_id = await session.scalar(removal.values(removed_at=at).returning(LeaveRow.pair_id))
            if pair_id is not None:
                audit(session, at, actor, "leave_removed", pair_id, leave_id)
        return pair_id is not None


async def read_pairs(session: AsyncSession, zone: tzinfo, *conditions: ColumnElement[bool]) -> list[Pair]:
    """Return pairs, with their leave, by the names of mentor and mentee; those for which all of the conditions hold."""
    query = (
        select(
            *(PairRow.pair_id, PairRow.kind, PairRow.created_at, PairRow.starts_on, PairRow.ends_on),
            *(PairRow.mentor_id, PairRow.mentee_id),
            _Mentor.name.label("mentor_name"),
            _Mentor.email.label("mentor_email"),
            _Mentee.name.label("mentee_name"),
            _Mentee.email.label("mentee_email"),
            (_Mentor.removed_at.is_(None) & _Mentee.removed_at.is_(None)).label("is_present"),
        )
        .join(_Mentor, _Mentor.person_id == PairRow.mentor_id)
        .join(_Mentee, _Mentee.person_id == PairRow.mentee_id)
        .where(*conditions)
        .order_by(_Mentor.name, _Mentee.name, PairRow.kind, PairRow.pair_id)
    )
    rows = (await session.execute(query)).all()
    leaves: dict[str, list[Leave]] = {}
    for row, name, left_at in await _leave_rows(
        session, pair_ids=[row.pair_id for row in rows] if conditions else None
    ):
        left_on = None if left_at is None else day_in(zone, left_at)
        leaves.setdefault(row.pair_id, []).extend(_as_it_holds(_leave(row, name), left_on))
    return [
        Pair(
            pair_id=row.pair_id,
            kind=PairKind(row.kind),
            mentor=RoomPerson(person_id=row.mentor_id, name=row.mentor_name),
            mentee=RoomPerson(person_id=row.mentee_id, name=row.mentee_name),
            mentor_email=row.mentor_email,
            mentee_email=row.mentee_email,
            starts_on=row.starts_on or day_in(zone, row.created_at),
            ends_on=row.ends_on,
            is_present=bool(row.is_present),
            leaves=tuple(leaves.get(row.pair_id, ())),
        )
        for row in rows
    ]


async def ids_of_person(session: AsyncSession, person_id: str) -> list[str]:
    """Return the pairs whose mentor, mentee or substitute somebody is or was, on any day."""
    # Also in leave that was taken back: what was done in it may stand in the hours log.
    as_substitute = select(LeaveRow.pair_id).where(LeaveRow.substitute_id == person_id)
    own = or_(PairRow.mentor_id == person_id, PairRow.mentee_id == person_id)
    return list(await session.scalars(select(PairRow.pair_id).where(own | PairRow.pair_id.in_(as_substitute))))


async def _leave_rows(
    session: AsyncSession, *, with_removed: bool = False, pair_ids: Collection[str] | None = None
) -> list[Row[LeaveRow, str | None, int | None]]:
    """Return leave, all or that of some pairs, by day, with the substitute's name, and when they left the programme."""
    query = (
        select(LeaveRow, _Substitute.name, _Substitute.removed_at)
        .outerjoin(_Substitute, _Substitute.person_id == LeaveRow.substitute_id)
        .order_by(LeaveRow.first_day, LeaveRow.pair_id, LeaveRow.leave_id)
    )
    if not with_removed:
        query = query.where(LeaveRow.removed_at.is_(None))
    if pair_ids is not None:
        query = query.where(LeaveRow.pair_id.in_(pair_ids))
    return list((await session.execute(query)).all())


def _leave(row: LeaveRow, name: str | None) -> Leave:
    substitute_id = row.substitute_id
    return Leave(
        leave_id=row.leave_id,
        pair_id=row.pair_id,
        first_day=row.first_day,
        last_day=row.last_day,
        substitute=None if substitute_id is None else RoomPerson(person_id=substitute_id, name=name or ""),
    )


def _as_it_holds(leave: Leave, left_on: date | None) -> Iterator[Leave]:
    """Return leave as it holds: after the day on which the substitute left the programme nobody stands in."""
    if left_on is None or left_on >= leave.last_day:
        yield leave
        return
    if left_on >= leave.first_day:
        yield replace(leave, last_day=left_on)
    yield replace(leave, first_day=max(leave.first_day, left_on + timedelta(days=1)), substitute=None)


async def _is_in_programme(session: AsyncSession, person_id: str) -> bool:
    query = select(PersonRow.person_id).where(PersonRow.person_id == person_id, _IS_IN_PROGRAMME)
    return await session.scalar(query) is not None


def _mistakes(
    entries: Sequence[PairEntry],
    ids: dict[str, str],
    known: dict[tuple[str, str, str], PairRow],
    zone: tzinfo,
    at: int,
) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    seen: set[tuple[str, str, str]] = set()
    for place, entry in enumerate(entries):
        strangers = [email for email in (entry.mentor, entry.mentee) if email not in ids]
        if strangers:
            found += [(place, f"Nobody here has the e-mail address {email}.") for email in strangers]
            continue
        if entry.mentor == entry.mentee:
            found.append((place, f"{entry.mentor} cannot be a pair alone."))
            continue
        key = entry.kind.value, ids[entry.mentor], ids[entry.mentee]
        if key in seen:
            found.append((place, f"{entry.mentor} and {entry.mentee} stand there twice."))
        seen.add(key)
        row = known.get(key)
        first = entry.starts_on or (None if row is None else row.starts_on)
        first = first or day_in(zone, at if row is None else row.created_at)
        last = entry.ends_on or (None if row is None else row.ends_on)
        if last is not None and last < first:
            found.append((place, f"A pair that begins on {first} cannot end on {last}."))
    return found


def _change(session: AsyncSession, row: PairRow, entry: PairEntry, *, actor: str, at: int) -> str:
    before = row.starts_on, row.ends_on
    row.starts_on, row.ends_on = entry.starts_on or row.starts_on, entry.ends_on or row.ends_on
    if (row.starts_on, row.ends_on) == before:
        return "unchanged"
    audit(session, at, actor, "pair_changed", row.pair_id, _days(row))
    return "changed"


def _days(row: PairRow) -> str:
    return f"from {row.starts_on or 'its making'} to {row.ends_on or 'further notice'}"
