"""Who is told what about their hours, on a day. Pure: pairs as they stand come in, what is worth a letter comes out.

What is told has a key, of which each is told once: a requirement for each period or due day in which it is at risk, and
again when it is overdue; a step of a plan; a week. Nobody is told of a pair that is not begun, or over, or on leave
without a substitute, nor of one whose other half is not in the programme any more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from protocol.hours import PairStatus, RequirementStatus, Standing, Unit
from protocol.tasks import RoomPerson
from server.hours.calendar import monday_of, week_of
from server.hours.requirements import PlannedStep

STEP_AHEAD = timedelta(days=7)
"""A step of a plan is told of so long before it is due."""
MAX_NAMED = 20
"""Pairs that a letter names; it says how many more there are."""
_TOLD = {Standing.AT_RISK: "at risk", Standing.OVERDUE: "overdue"}
_UNITS = {Unit.MINUTES: "minutes", Unit.MEETINGS: "meetings", Unit.STEPS: "steps"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairToday:
    """A pair as it stands, and the steps of its plans."""

    status: PairStatus
    plan: Sequence[PlannedStep]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that letters of a day are about."""

    today: date
    pairs: Sequence[PairToday]
    people: Mapping[str, str]
    """Names of who is in the programme, by id."""
    coordinators: Collection[str]
    waiting: Mapping[str, int]
    """How many entries wait for whose word."""
    disputed: int
    waiting_long: int
    """Entries that have waited for more than a week."""
    log_head: tuple[int, str] | None
    """Number and hash of the log's newest row; `None`: nothing was added to it lately."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that somebody is to be told, and its key, which is nothing else's."""

    key: str
    person_id: str
    text: str
    """A sentence, or, with lines that are further in, several."""


def reminders_of(day: Day) -> list[Reminder]:
    """Return what people are to be told, whether they have been told before or not; each key once."""
    found = [*_of_pairs(day), *_of_waiting(day), *_of_programme(day), *_of_log(day)]
    return list({one.key: one for one in found}.values())


def letter_of(name: str, reminders: Sequence[Reminder], url: str) -> tuple[str, str]:
    """Return subject and text of a letter that tells somebody all of it. `url` is that of the page with their hours."""
    count = len(reminders)
    subject = "Roundup: about your mentoring hours" if count == 1 else f"Roundup: {count} things about mentoring hours"
    told = "\n".join(f"- {one.text}" for one in reminders)
    text = (
        f"Hello {name},\n\n"
        f"{told}\n\n"
        f"You find all of it here: {url}\n\n"
        "Each of these is told once. If something is not right, your coordinator can help.\n"
    )
    return subject, text


def _of_pairs(day: Day) -> Iterator[Reminder]:
    for pair in day.pairs:
        mentor = _mentor_today(pair.status, day.today)
        mentee = pair.status.mentee
        if mentor is None or mentor.person_id not in day.people or mentee.person_id not in day.people:
            continue
        for status in pair.status.requirements:
            if status.standing in _TOLD:
                yield _about_requirement(pair.status, status, mentor, mentee)
                yield _about_requirement(pair.status, status, mentee, mentor)
        for step in pair.plan:
            if step.due_on is not None and step.contact is None and day.today <= step.due_on <= day.today + STEP_AHEAD:
                yield Reminder(
                    _key("step", pair.status.pair_id, step.name, step.due_on.isoformat(), mentor.person_id),
                    mentor.person_id,
                    f"With {mentee.name}, “{step.name}” is due on {step.due_on.isoformat()}.",
                )


def _mentor_today(status: PairStatus, today: date) -> RoomPerson | None:
    """Return who is the mentor today; `None`: nobody has to do anything today."""
    is_there = status.starts_on <= today.isoformat() and (status.ends_on is None or today.isoformat() <= status.ends_on)
    if not is_there:
        return None
    return status.substitute if status.is_on_leave else status.mentor


def _about_requirement(pair: PairStatus, status: RequirementStatus, reader: RoomPerson, other: RoomPerson) -> Reminder:
    period = status.due_on or status.first_day or ""
    key = _key(status.standing.value, pair.pair_id, status.requirement_id, period, reader.person_id)
    text = f"With {other.name}, “{status.name}” is {_TOLD[status.standing]}{_how_far(status)}."
    return Reminder(key, reader.person_id, text)


def _how_far(status: RequirementStatus) -> str:
    next_step = f": next is “{status.next_step}”" if status.next_step else ""
    due = f", due on {status.due_on}" if status.due_on else ""
    missed = status.shortfall
    if missed is not None:
        return (
            f": {missed.done} of {missed.needed} {_UNITS[status.unit]} from {missed.first_day} to {missed.last_day}, "
            f"and {missed.missing} still to be made up"
        )
    if next_step or status.unit not in _UNITS:
        return f"{next_step}{due}"
    return f": {status.done} of {status.needed} {_UNITS[status.unit]}{due}"


def _of_waiting(day: Day) -> Iterator[Reminder]:
    for person_id, count in sorted(day.waiting.items()):
        if count and person_id in day.people:
            entries = "1 entry waits" if count == 1 else f"{count} entries wait"
            text = f"{entries} for your word in the hours log. A click says that it is right."
            yield Reminder(_key("waiting", _week(day.today), person_id), person_id, text)


def _of_programme(day: Day) -> Iterator[Reminder]:
    text = _digest(day)
    if text:
        for person_id in sorted(day.coordinators):
            if person_id in day.people:
                yield Reminder(_key("digest", _week(day.today), person_id), person_id, text)


def _of_log(day: Day) -> Iterator[Reminder]:
    """Have the newest row's hash noted where nobody gets at who has the database in hand."""
    if day.log_head is None:
        return
    number, head = day.log_head
    text = (
        f"Keep this letter: step {number} of the hours log has the hash\n  {head}\n"
        "  With it, `roundup hours verify --head` finds out whether something before that was changed, or is gone."
    )
    for person_id in sorted(day.coordinators):
        if person_id in day.people:
            yield Reminder(_key("log", _week(day.today), person_id), person_id, text)


def _digest(day: Day) -> str:
    overdue = [
        f"{one.status.mentor.name} and {one.status.mentee.name}"
        for one in day.pairs
        if one.status.standing is Standing.OVERDUE and _mentor_today(one.status, day.today) is not None
    ]
    lines = []
    if overdue:
        more = [f"and {len(overdue) - MAX_NAMED} more"] if len(overdue) > MAX_NAMED else []
        pairs = "1 pair is" if len(overdue) == 1 else f"{len(overdue)} pairs are"
        lines.append(f"{pairs} overdue: {', '.join(overdue[:MAX_NAMED] + more)}")
    if day.disputed:
        lines.append("1 entry is disputed" if day.disputed == 1 else f"{day.disputed} entries are disputed")
    if day.waiting_long:
        entries = "1 entry has" if day.waiting_long == 1 else f"{day.waiting_long} entries have"
        lines.append(f"{entries} waited for a word for more than a week")
    return "".join(["This week in the programme:", *(f"\n  - {line}" for line in lines)]) if lines else ""


def _week(today: date) -> str:
    """Return the Monday that a day's week began with."""
    return date.fromordinal(monday_of(week_of(today.toordinal()))).isoformat()


def _key(*parts: str) -> str:
    return ":".join(("reminder", *parts))
