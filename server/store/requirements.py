"""What a programme has agreed on about hours, as rows and back: terms, time zone, policy, and what pairs have to do.

How far a pair is with it is worked out by `server.hours.requirements`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.errors import ErrorCode
from protocol.hours import PairKind
from server.errors import UserError
from server.hours.policy import HoursPolicy, read_policy, write_policy
from server.hours.rules import Rule, read_rule, write_rule
from server.ids import create_id
from server.store.database import Database
from server.store.models import PairRow, ProgrammeRow, RequirementRow, TermRow
from server.store.pairs import Pair, ids_of_person, read_pairs
from server.store.programme import audit, ensure_programme, find_policy, find_zone

MAX_TERM_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A stretch of days that hours are counted in."""

    term_id: str
    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a pair has to do: one pair, all of a kind, or all."""

    requirement_id: str
    name: str
    rule: Rule
    pair_id: str | None
    pair_kind: PairKind | None

    def concerns(self, pair: Pair) -> bool:
        """Tell whether a pair has to do it."""
        return self.pair_id in (None, pair.pair_id) and self.pair_kind in (None, pair.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """All that is needed to say how far each pair is, beside its contacts; as of one moment."""

    zone: ZoneInfo
    policy: HoursPolicy
    terms: Sequence[Term]
    requirements: Sequence[Requirement]
    pairs: Sequence[Pair]
    """Also those that are over."""

    def requirements_of(self, pair: Pair) -> Iterator[Requirement]:
        """Return what a pair has to do."""
        return (requirement for requirement in self.requirements if requirement.concerns(pair))


class RequirementRepository:
    """What a programme has agreed on about hours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, *, person_id: str | None = None, pair_id: str | None = None) -> Agreements:
        """Return all of it, with all pairs, those that somebody is or was part of, or one."""
        async with self._database.reading() as session:
            zone = await find_zone(session)
            meant = [] if pair_id is None else [PairRow.pair_id == pair_id]
            if person_id is not None:
                meant = [PairRow.pair_id.in_(await ids_of_person(session, person_id))]
            return Agreements(
                zone=zone,
                policy=await find_policy(session),
                terms=[term for term, _ in await _read_terms(session)],
                requirements=[requirement for requirement, _ in await _read_requirements(session)],
                pairs=await read_pairs(session, zone, *meant),
            )

    async def zone(self) -> ZoneInfo:
        """Return the time zone that the programme's days begin and end in."""
        async with self._database.reading() as session:
            return await find_zone(session)

    async def set_zone(self, name: str, *, actor: str, at: int) -> None:
        """Say in which time zone the programme's days begin and end, by its IANA name. Raises `UserError`."""
        _check_zone(name)
        async with self._database.session() as session:
            before = (await find_zone(session)).key
            await _set(session, at, time_zone=name)
            if before != name:
                programme_id = await ensure_programme(session, at)
                audit(session, at, actor, "time_zone_changed", programme_id, f"from {before} to {name}")

    async def policy(self) -> HoursPolicy:
        """Return how the programme counts hours."""
        async with self._database.reading() as session:
            return await find_policy(session)

    async def set_policy(self, policy: HoursPolicy, *, actor: str, at: int) -> None:
        """Say how the programme counts hours. Raises `UserError`."""
        text = write_policy(policy)
        read_policy(text)
        async with self._database.session() as session:
            if await find_policy(session) != policy:
                programme_id = await _set(session, at, hours_policy=text)
                audit(session, at, actor, "hours_policy_changed", programme_id, text)

    async def list_terms(self, *, with_removed: bool = False) -> list[tuple[Term, int | None]]:
        """Return all terms in their order, and when each was removed."""
        async with self._database.reading() as session:
            return await _read_terms(session, with_removed=with_removed)

    async def add_term(self, name: str, first_day: date, last_day: date, *, actor: str, at: int) -> Term:
        """Add a term. Raises `UserError` for days that are no term, or another one's, and for a name that is taken."""
        length = (last_day - first_day).days + 1
        if length < 1:
            raise UserError(ErrorCode.BAD_REQUEST, f"{last_day} is before {first_day}.")
        if length > MAX_TERM_DAYS:
            raise UserError(ErrorCode.BAD_REQUEST, f"A term of {length:,} days is longer than {MAX_TERM_DAYS}.")
        async with self._database.session() as session:
            for other, _ in await _read_terms(session):
                if other.name == name:
                    raise UserError(ErrorCode.BAD_REQUEST, f"There is a term {name!r} already.")
                if other.first_day <= last_day and other.last_day >= first_day:
                    days = f"from {other.first_day} to {other.last_day}"
                    raise UserError(ErrorCode.BAD_REQUEST, f"The term {other.name!r}, {days}, has some of these days.")
            term = Term(term_id=create_id("term"), name=name, first_day=first_day, last_day=last_day)
            row = TermRow(term_id=term.term_id, name=name, first_day=first_day, last_day=last_day, created_at=at)
            row.programme_id = await ensure_programme(session, at)
            session.add(row)
            audit(session, at, actor, "term_added", term.term_id, f"{name}, from {first_day} to {last_day}")
        return term

    async def remove_term(self, name: str, *, actor: str, at: int) -> bool:
        """Let nothing be counted in a term any more; tell whether there was one."""
        removal = update(TermRow).where(TermRow.name == name, TermRow.removed_at.is_(None))
        async with self._database.session() as session:
            term_id = await session.scalar(removal.values(removed_at=at).returning(TermRow.term_id))
            if term_id is not None:
                audit(session, at, actor, "term_removed", term_id, name)
        return term_id is not None

    async def list_requirements(self, *, with_removed: bool = False) -> list[tuple[Requirement, int | None]]:
        """Return all requirements, oldest first, and when each was removed."""
        async with self._database.reading() as session:
            return await _read_requirements(session, with_removed=with_removed)

    async def add_requirement(
        self,
        name: str,
        rule: Rule,
        *,
        pair_id: str | None = None,
        pair_kind: PairKind | None = None,
        actor: str,
        at: int,
    ) -> Requirement:
        """Say what one pair, all of a kind, or all have to do.

        Raises `UserError` for a rule that cannot be, and when there is one of this name for the same pairs.
        """
        text = write_rule(rule)
        read_rule(text)
        async with self._database.session() as session:
            for other, _ in await _read_requirements(session):
                if (other.name, other.pair_id, other.pair_kind) == (name, pair_id, pair_kind):
                    raise UserError(ErrorCode.BAD_REQUEST, f"There is a requirement {name!r} already.")
            if pair_id is not None:
                await session.get_one(PairRow, pair_id)
            requirement_id = create_id("requirement")
            row = RequirementRow(requirement_id=requirement_id, name=name, rule=text, created_at=at)
            row.programme_id, row.pair_id, row.pair_kind = await ensure_programme(session, at), pair_id, pair_kind
            session.add(row)
            for_whom = pair_id or pair_kind or "all pairs"
            audit(session, at, actor, "requirement_added", requirement_id, f"{name}, for {for_whom}: {text}")
        return Requirement(requirement_id=requirement_id, name=name, rule=rule, pair_id=pair_id, pair_kind=pair_kind)

    async def remove_requirement(self, requirement_id: str, *, actor: str, at: int) -> Requirement | None:
        """Ask for something no more; return what, if there was any."""
        query = select(RequirementRow).where(RequirementRow.requirement_id == requirement_id)
        async with self._database.session() as session:
            row = await session.scalar(query.where(RequirementRow.removed_at.is_(None)))
            if row is not None:
                row.removed_at = at
                audit(session, at, actor, "requirement_removed", requirement_id, row.name)
        return None if row is None else _requirement(row)


def _check_zone(name: str) -> None:
    zones = available_timezones()
    if name not in zones:
        similar = get_close_matches(name, zones, 1)
        hint = f"; {similar[0]} may be meant" if similar else ""
        raise UserError(ErrorCode.BAD_REQUEST, f"There is no time zone {name!r}{hint}.")


async def _set(session: AsyncSession, at: int, **values: str) -> str:
    programme_id = await ensure_programme(session, at)
    await session.execute(update(ProgrammeRow).where(ProgrammeRow.programme_id == programme_id).values(**values))
    return programme_id


async def _read_terms(session: AsyncSession, *, with_removed: bool = False) -> list[tuple[Term, int | None]]:
    query = select(TermRow).order_by(TermRow.first_day, TermRow.created_at)
    if not with_removed:
        query = query.where(TermRow.removed_at.is_(None))
    return [
        (Term(term_id=row.term_id, name=row.name, first_day=row.first_day, last_day=row.last_day), row.removed_at)
        for row in await session.scalars(query)
    ]


async def _read_requirements(
    session: AsyncSession, *, with_removed: bool = False
) -> list[tuple[Requirement, int | None]]:
    query = select(RequirementRow).order_by(
        RequirementRow.created_at, RequirementRow.name, RequirementRow.requirement_id
    )
    if not with_removed:
        query = query.where(RequirementRow.removed_at.is_(None))
    return [(_requirement(row), row.removed_at) for row in await session.scalars(query)]


def _requirement(row: RequirementRow) -> Requirement:
    return Requirement(
        requirement_id=row.requirement_id,
        name=row.name,
        rule=read_rule(row.rule),
        pair_id=row.pair_id,
        pair_kind=None if row.pair_kind is None else PairKind(row.pair_kind),
    )
