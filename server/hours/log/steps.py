"""Which steps may follow, by whom, and what each of them comes to.

Whoever takes a step is one side of the entry: one of the two it is about, else a coordinator. Nobody is both, so nobody
approves hours of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from protocol.hours import ContactType, EntryAction, EntryState, Side
from server.hours.log.rows import PEOPLE, Entry, Step, says_the_same


class Refusal(Enum):
    """Why a step cannot be taken."""

    NOT_NOW = auto()
    """Nobody may take it as the entry is, or not from this side."""
    NO_REASON = auto()
    NO_CHANGE = auto()
    """An adjustment that adjusts nothing."""


class StepRefusedError(Exception):
    """A step cannot be taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who takes a step, as what, and when."""

    side: Side
    person_id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the server found of a meeting."""

    mentor_id: str
    contact_type: ContactType
    measured_ms: int
    credited_minutes: int


def permitted(entry: Entry, side: Side, person_id: str) -> tuple[EntryAction, ...]:
    """Return the steps that somebody may take from a side of an entry."""
    return tuple(_permitted(entry, side, person_id))


def needs_reason(entry: Entry, side: Side, action: EntryAction) -> bool:
    """Tell whether a step is only taken with a text that says why."""
    match action:
        case EntryAction.DISPUTED | EntryAction.ADJUSTED:
            return True
        case EntryAction.APPROVED:
            return entry.state is not EntryState.CONFIRMED
        case EntryAction.WITHDRAWN:
            return side is Side.COORDINATOR
        case _:
            return False


def next_step(
    entry: Entry,
    action: EntryAction,
    actor: Actor,
    *,
    text: str | None = None,
    credited_minutes: int | None = None,
    contact_type: ContactType | None = None,
) -> Step:
    """Return what a person's step makes of an entry; minutes and contact type are for adjusting, `None`: as it is.

    Raises `StepRefusedError`.
    """
    if action not in permitted(entry, actor.side, actor.person_id):
        raise StepRefusedError(Refusal.NOT_NOW)
    if text is None and needs_reason(entry, actor.side, action):
        raise StepRefusedError(Refusal.NO_REASON)
    step = replace(entry.latest, action=action, side=actor.side, author_id=actor.person_id, at=actor.at, text=text)
    if action is not EntryAction.ADJUSTED:
        return step
    step = replace(
        step,
        credited_minutes=step.credited_minutes if credited_minutes is None else credited_minutes,
        contact_type=step.contact_type if contact_type is None else contact_type,
    )
    if says_the_same(entry.latest, step) and not _settles(entry, actor.side):
        raise StepRefusedError(Refusal.NO_CHANGE)
    return step


def measured_again(entry: Entry, found: Measurement, at: int) -> Step | None:
    """Return the server's step when more of a meeting is known; `None` when that changes nothing.

    What somebody has adjusted, approved or withdrawn stays as it is, and what was measured is noted beside it.
    """
    latest = entry.latest
    step = replace(
        latest,
        action=EntryAction.MEASURED,
        side=Side.SERVER,
        author_id=None,
        at=at,
        measured_ms=found.measured_ms,
        text=None,
    )
    if not (entry.is_adjusted or entry.is_approved or entry.is_withdrawn):
        step = replace(
            step,
            mentor_id=found.mentor_id,
            credited_minutes=found.credited_minutes,
            contact_type=found.contact_type,
        )
    elif latest.mentor_id != found.mentor_id:
        return None  # it is about somebody else
    is_as_before = step.measured_ms == latest.measured_ms and says_the_same(latest, step)
    return None if is_as_before else step


def _permitted(entry: Entry, side: Side, person_id: str) -> Iterator[EntryAction]:
    state = entry.state
    if state is EntryState.WITHDRAWN:
        return
    is_open = state is not EntryState.APPROVED
    if side in PEOPLE and is_open:
        if side not in entry.confirmed:
            yield EntryAction.CONFIRMED
        if side not in entry.disputed:
            yield EntryAction.DISPUTED
        yield EntryAction.ADJUSTED
        if entry.entered_by == person_id:
            yield EntryAction.WITHDRAWN
    elif side is Side.COORDINATOR:
        if state in (EntryState.PROPOSED, EntryState.CONFIRMED):
            yield EntryAction.APPROVED
        yield EntryAction.ADJUSTED
        yield EntryAction.WITHDRAWN


def _settles(entry: Entry, side: Side) -> bool:
    """Tell whether an adjustment means something although it changes nothing: it settles what was objected to."""
    return side is Side.COORDINATOR and entry.state is EntryState.DISPUTED
