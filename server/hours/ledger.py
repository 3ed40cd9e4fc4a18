"""What persons do with the hours log: confirm, dispute, adjust, approve and withdraw entries, and enter some by hand.

A step is decided upon in the transaction that writes it: it follows what the person has seen, or it is refused.
Whatever a coordinator does leaves an audit entry.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from protocol.errors import ErrorCode
from protocol.hours import (
    MAX_DAYS_BACK,
    MAX_MANUAL_MINUTES,
    MAX_REASON_CHARACTERS,
    EntryAction,
    EntryStep,
    HoursEntry,
    ManualEntry,
    SeenEntry,
    Side,
)
from protocol.room import Person
from server.clock import Clock
from server.errors import UserError
from server.hours.desk import Desk, described
from server.hours.log.rows import Entry, LogRow, Step
from server.hours.log.steps import Actor, Refusal, StepRefusedError, next_step
from server.hours.proposals import minutes_left
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import HoursLogRepository, LogWriter
from server.store.pairs import Pair
from server.store.programme import day_in
from server.visible import shows_nothing, without_controls

_BY_PERSONS = frozenset(
    {
        EntryAction.CONFIRMED,
        EntryAction.DISPUTED,
        EntryAction.ADJUSTED,
        EntryAction.APPROVED,
        EntryAction.WITHDRAWN,
    }
)


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """An entry that could not be confirmed with others, and why."""

    entry_id: str
    code: ErrorCode
    text: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of confirming several entries."""

    entries: tuple[Entry, ...]
    """As they are now: those that are confirmed, or approved, whether just now or before."""
    refused: tuple[NotConfirmed, ...]


class Ledger:
    """The hours log, for persons."""

    def __init__(self, log: HoursLogRepository, facts: HoursFactsRepository, clock: Clock) -> None:
        self._log = log
        self._facts = facts
        self._clock = clock

    async def describe(self, person: Person, entries: Sequence[Entry]) -> list[HoursEntry]:
        """Return entries as somebody sees them, with the steps that they may take; without those that are not theirs.

        Raises `UserError`: the person is not in the programme any more; `StoreError`.
        """
        desk = await self._desk(person, {entry.latest.pair_id for entry in entries})
        seen = [entry for entry in entries if desk.may_see(entry)]
        mentees = {pair.mentee_id for pair in desk.pairs.values()}
        people = await self._facts.names(mentees | {entry.latest.mentor_id for entry in seen})
        meetings = await self._facts.references(
            {entry.latest.meeting_id for entry in seen if entry.latest.meeting_id is not None}
        )
        return [described(entry, desk, people, meetings) for entry in seen]

    async def take_step(self, person: Person, entry_id: str, asked: EntryStep) -> Entry:
        """Take a step; return the entry after it. A step that arrives again, word for word, is taken once.

        Raises `UserError`: there is no such entry for this person, they may not, it needs a reason or changes nothing,
        somebody was quicker, a day has no more hours; `StoreError`.
        """
        if asked.action not in _BY_PERSONS:
            raise UserError(ErrorCode.BAD_REQUEST, "This is no step that a person takes.")
        text = _clean(asked.text)
        desk = await self._desk(person, {entry.latest.pair_id for entry in await self._log.find([entry_id])})
        async with self._log.writing() as writer:
            now = (await writer.entries([entry_id])).get(entry_id)
            if now is None or not desk.may_see(now):
                raise UserError(ErrorCode.NOT_FOUND, "There is no such entry.")
            if now.number != asked.number:
                if _is_taken(await writer.rows(entry_id), asked, person.person_id, text):
                    return now
                raise _changed()
            return await self._take(writer, desk, now, asked, text)

    async def confirm(self, person: Person, seen: Sequence[SeenEntry]) -> Confirmed:
        """Confirm what can be, or, where the person is none of the two but a coordinator, approve it.

        The others are told, each with its reason. Raises `StoreError`.
        """
        entry_ids = list(dict.fromkeys(one.entry_id for one in seen))
        numbers = {one.entry_id: one.number for one in seen}
        found = await self._log.find(entry_ids)
        desk = await self._desk(person, {entry.latest.pair_id for entry in found})
        entries: list[Entry] = []
        refused: list[NotConfirmed] = []
        async with self._log.writing() as writer:
            now = await writer.entries(entry_ids)
            for entry_id in entry_ids:
                try:
                    entries.append(await self._confirm(writer, desk, now.get(entry_id), numbers[entry_id]))
                except UserError as error:
                    refused.append(NotConfirmed(entry_id, error.code, error.text))
        return Confirmed(tuple(entries), tuple(refused))

    async def enter(self, person: Person, asked: ManualEntry) -> Entry:
        """Enter something by hand. Once, however often it arrives.

        Raises `UserError`: there is no such pair for this person, or it was none on that day; the day is none, is to
        come or long ago; it is more than a day has; `StoreError`.
        """
        desk = await self._desk(person, {asked.pair_id})
        pair = desk.pairs.get(asked.pair_id)
        if pair is None or not desk.is_concerned_with(pair):
            raise UserError(ErrorCode.NOT_FOUND, "There is no such pair.")
        day = await self._day_of(asked.day, pair)
        mentor_id = pair.mentor_on(day)
        if mentor_id is None:
            raise UserError(ErrorCode.BAD_REQUEST, f"These two were no pair on {day.isoformat()}.")
        side = desk.side(pair, mentor_id)
        if side is None:
            raise UserError(ErrorCode.FORBIDDEN, "Somebody else was the mentor on that day.")
        at = self._clock.now_ms()
        step = Step(
            entry_id=manual_entry_id(person.person_id, asked.request_id),
            pair_id=pair.pair_id,
            mentor_id=mentor_id,
            meeting_id=None,
            day=day,
            action=EntryAction.ENTERED,
            side=side,
            author_id=person.person_id,
            at=at,
            contact_type=asked.contact_type,
            measured_ms=None,
            credited_minutes=_minutes(asked.minutes),
            text=_clean(asked.text),
        )
        async with self._log.writing() as writer:
            known = (await writer.entries([step.entry_id])).get(step.entry_id)
            if known is not None:
                if not _is_entered(await writer.rows(step.entry_id), step):
                    raise UserError(ErrorCode.BAD_REQUEST, "Something else was entered with this request already.")
                return known
            await _check_day(writer, step, so_far=0)
            [entry] = await writer.append([step])
            _audit(writer, step)
        return entry

    async def _confirm(self, writer: LogWriter, desk: Desk, entry: Entry | None, number: int) -> Entry:
        if entry is None or not desk.may_see(entry):
            raise UserError(ErrorCode.NOT_FOUND, "There is no such entry.")
        side = desk.side_of(entry)
        action = EntryAction.APPROVED if side is Side.COORDINATOR else EntryAction.CONFIRMED
        asked = EntryStep(action=action, number=number)
        if entry.number != number:
            if _is_taken(await writer.rows(entry.latest.entry_id), asked, desk.person_id, None):
                return entry
            raise _changed()
        is_done = entry.is_approved if action is EntryAction.APPROVED else side in entry.confirmed
        return entry if is_done and not entry.is_withdrawn else await self._take(writer, desk, entry, asked, None)

    async def _take(self, writer: LogWriter, desk: Desk, entry: Entry, asked: EntryStep, text: str | None) -> Entry:
        side = desk.side_of(entry)
        if side is None:
            raise _refused(Refusal.NOT_NOW)
        actor = Actor(side=side, person_id=desk.person_id, at=self._clock.now_ms())
        minutes = asked.credited_minutes
        try:
            step = next_step(
                entry,
                asked.action,
                actor,
                text=text,
                credited_minutes=None if minutes is None else _minutes(minutes, least=0),
                contact_type=asked.contact_type,
            )
        except StepRefusedError as error:
            raise _refused(error.refusal) from error
        if step.credited_minutes > entry.latest.credited_minutes:
            await _check_day(writer, step, so_far=entry.latest.credited_minutes)
        [after] = await writer.append([step])
        _audit(writer, step)
        return after

    async def _desk(self, person: Person, pair_ids: set[str]) -> Desk:
        # Not as the caller's session has it: a person may have been removed, or be a coordinator no longer.
        role = await self._facts.role_of(person.person_id)
        if role is None:
            raise UserError(ErrorCode.FORBIDDEN, "You are not in this programme any more.")
        return Desk(person.person_id, role, await self._facts.pairs(pair_ids))

    async def _day_of(self, said: str, pair: Pair) -> date:
        try:
            day = datetime.strptime(said, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the programme's
        except ValueError as error:
            raise UserError(ErrorCode.BAD_REQUEST, f"There is no day {said}.") from error
        today = day_in((await self._facts.programme()).zone, self._clock.now_ms())
        if day > today:
            raise UserError(ErrorCode.BAD_REQUEST, f"{day.isoformat()} is still to come.")
        if day < today - timedelta(days=MAX_DAYS_BACK):
            raise UserError(ErrorCode.BAD_REQUEST, f"Days are entered within {MAX_DAYS_BACK} days.")
        if day < pair.starts_on:
            raise UserError(ErrorCode.BAD_REQUEST, f"These two are a pair since {pair.starts_on.isoformat()}.")
        if pair.ends_on is not None and day > pair.ends_on:
            raise UserError(ErrorCode.BAD_REQUEST, f"These two were a pair until {pair.ends_on.isoformat()}.")
        return day


def manual_entry_id(author_id: str, request_id: str) -> str:
    """Return the id of what somebody enters by hand with a request: the same, however often it arrives."""
    said = f"{author_id}\n{request_id}"
    return f"entry_{hashlib.sha256(said.encode()).hexdigest()[:32]}"


async def _check_day(writer: LogWriter, step: Step, *, so_far: int) -> None:
    """Refuse more than a day has: by hand, and, of all that a pair has done, as the programme counts.

    `so_far` is what the entry had of it.
    """
    if step.meeting_id is None:
        await _check_hours_by_hand(writer, step, so_far=so_far)
    policy = await writer.policy()
    credited = await writer.credited([step.pair_id], [step.day])
    left = minutes_left(step.entry_id, credited.get((step.pair_id, step.day), {}), policy)
    if step.credited_minutes > left:
        raise UserError(
            ErrorCode.BAD_REQUEST,
            f"This programme counts {policy.minutes_per_day_limit} minutes of a pair's day at most: "
            f"{left} are left of {step.day.isoformat()}.",
        )


async def _check_hours_by_hand(writer: LogWriter, step: Step, *, so_far: int) -> None:
    others = await writer.minutes_by_hand(step.pair_id, step.day) - so_far
    if others + step.credited_minutes > MAX_MANUAL_MINUTES:
        hours = MAX_MANUAL_MINUTES // 60
        left = f"{others} minutes are entered for {step.day.isoformat()} already" if others > 0 else "this is more"
        raise UserError(ErrorCode.BAD_REQUEST, f"A day has {hours} hours at most: {left}.")


def _minutes(minutes: int, *, least: int = 1) -> int:
    if not least <= minutes <= MAX_MANUAL_MINUTES:
        raise UserError(ErrorCode.BAD_REQUEST, f"Minutes are from {least} to {MAX_MANUAL_MINUTES}.")
    return minutes


def _is_taken(rows: Sequence[LogRow], asked: EntryStep, person_id: str, text: str | None) -> bool:
    """Tell whether just this step has been taken just there: its answer was lost, and the page asks again."""
    after = next((row.step for row in rows if row.number > asked.number), None)
    if after is None or not any(row.number == asked.number for row in rows):
        return False
    return (
        (after.author_id, after.action, after.text) == (person_id, asked.action, text)
        and asked.credited_minutes in (None, after.credited_minutes)
        and asked.contact_type in (None, after.contact_type)
    )


def _is_entered(rows: Sequence[LogRow], step: Step) -> bool:
    """Tell whether an entry began as a step says it: its answer was lost, and the page asks again."""
    first = rows[0].step
    return (first.pair_id, first.day, first.contact_type, first.credited_minutes, first.text) == (
        step.pair_id,
        step.day,
        step.contact_type,
        step.credited_minutes,
        step.text,
    )


def _audit(writer: LogWriter, step: Step) -> None:
    if step.side is Side.COORDINATOR and step.author_id is not None:
        detail = f"{step.credited_minutes} minutes on {step.day.isoformat()}, pair {step.pair_id}"
        writer.audit(step.at, step.author_id, f"hours_{step.action.value}", step.entry_id, detail)


def _clean(text: str) -> str | None:
    """Return a text as it is kept; `None`: there is nothing in it."""
    if len(text) > MAX_REASON_CHARACTERS:
        raise UserError(ErrorCode.TOO_LARGE, f"A reason has at most {MAX_REASON_CHARACTERS} characters.")
    text = without_controls(text).strip()
    return None if shows_nothing(text) else text


def _changed() -> UserError:
    return UserError(ErrorCode.ENTRY_CHANGED, "Somebody has changed this entry meanwhile. Look at it again.")


def _refused(refusal: Refusal) -> UserError:
    match refusal:
        case Refusal.NOT_NOW:
            return UserError(ErrorCode.FORBIDDEN, "You cannot do this with this entry, as it is now.")
        case Refusal.NO_REASON:
            return UserError(ErrorCode.BAD_REQUEST, "Say why, please.")
        case Refusal.NO_CHANGE:
            return UserError(
                ErrorCode.BAD_REQUEST, "Nothing would be different: change minutes or the kind of contact."
            )
