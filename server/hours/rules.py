"""What a pair has to do, as data: rules, to and from JSON, and said in words.

What a rule comes to for a pair on a day is worked out by `server.hours.requirements`.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.hours import MAX_MANUAL_MINUTES, ContactType
from protocol.wire import MAX_NAME_CHARACTERS
from server.hours.described import read_described
from server.visible import shows_nothing

MAX_DAYS = 3_660
MAX_MINUTES = 600_000
MAX_MEETINGS = 1_000
MAX_STEPS = 60

_Days = Annotated[int, msgspec.Meta(ge=0, le=MAX_DAYS)]
_ContactTypes = Annotated[tuple[ContactType, ...], msgspec.Meta(min_length=1, max_length=len(ContactType))] | None
_LeastMinutes = Annotated[int, msgspec.Meta(ge=0, le=MAX_MANUAL_MINUTES)]


class Per(StrEnum):
    """How long a period is. Weeks start on Monday; a year is the programme's school year."""

    WEEK = "week"
    MONTH = "month"
    TERM = "term"
    YEAR = "year"


class Over(StrEnum):
    """What an average is taken over."""

    TERM = "term"
    YEAR = "year"


class Counted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What counts as contact."""

    contact_types: _ContactTypes = None
    """`None`: every type."""
    minimum_minutes: _LeastMinutes = 0
    """What is shorter does not count."""


class Base(Counted, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all rules have in common."""

    in_terms_only: bool = False
    """Whether the days outside of terms are like leave: nothing is owed for them, and no clock runs."""


class MinutesRule(Base, frozen=True, kw_only=True, tag_field="kind", tag="minutes"):
    """Minutes in each period, or in the average of the periods so far of a term or year."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MINUTES)]
    per: Per
    average_over: Over | None = None

    def __post_init__(self) -> None:
        """Refuse an average of what is too long for one. Raises `ValueError`."""
        if self.average_over is not None and self.per not in (Per.WEEK, Per.MONTH):
            raise ValueError("an average is taken of weeks or months")


class ContactRule(Base, frozen=True, kw_only=True, tag_field="kind", tag="contact"):
    """Contact at least every so many days."""

    every_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]


class MeetingsRule(Base, frozen=True, kw_only=True, tag_field="kind", tag="meetings"):
    """Contact on so many days of each period: whoever comes back after a break has not met a second time."""

    meetings: Annotated[int, msgspec.Meta(ge=1, le=MAX_MEETINGS)]
    per: Per


class Step(Counted, frozen=True, kw_only=True):
    """A step of a plan, ticked by one contact."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
    day: _Days
    """The last day on which it is in time, counted from the pair's first one, which is day 0."""
    from_day: _Days = 0
    """The first day whose contact can tick it."""

    def __post_init__(self) -> None:
        """Refuse a step that nobody can take or see. Raises `ValueError`."""
        if self.from_day > self.day:
            raise ValueError(f"the step {self.name!r} begins on day {self.from_day}, after it is due")
        if shows_nothing(self.name) or not self.name.isprintable():
            raise ValueError("the name of a step cannot be shown")


class PlanRule(Base, frozen=True, kw_only=True, tag_field="kind", tag="plan"):
    """Steps that are counted from the pair's first day.

    Contacts are gone through by day, and on a day the shorter ones first. Each ticks one step: of those that are not
    ticked yet, have begun, and count such a contact, the one that is due first, and of these the one that is listed
    first. A step that is overdue is still ticked, late. What counts for the plan has to count for the step, too.
    """

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=MAX_STEPS)]

    def counted_for(self, step: Step) -> Counted:
        """Return what ticks a step: what counts for it, and for the plan."""
        types = step.contact_types
        if types is None:
            types = self.contact_types
        elif self.contact_types is not None:
            types = tuple(one for one in types if one in self.contact_types)
        return Counted(contact_types=types, minimum_minutes=max(self.minimum_minutes, step.minimum_minutes))


Rule = MinutesRule | ContactRule | MeetingsRule | PlanRule

_decoder: "msgspec.json.Decoder[Rule]" = msgspec.json.Decoder(Rule)


def read_rule(text: str | bytes) -> Rule:
    """Return the rule that JSON describes. Raises `UserError` with one sentence."""
    return read_described(text, _decoder, "rule")


def write_rule(rule: Rule) -> str:
    """Return a rule as JSON."""
    return msgspec.json.encode(rule).decode()


def describe(rule: Rule) -> str:
    """Say a rule in a few words."""
    match rule:
        case MinutesRule():
            average = f", on average over the {rule.average_over}" if rule.average_over is not None else ""
            what = f"{_number(rule.minutes, 'minute')} a {rule.per}{average}"
        case ContactRule():
            what = "contact every day" if rule.every_days == 1 else f"contact every {rule.every_days:,} days"
        case MeetingsRule():
            what = f"{_number(rule.meetings, 'meeting')} a {rule.per}"
        case PlanRule():
            last = max(step.day for step in rule.steps)
            what = f"{_number(len(rule.steps), 'step')}, up to day {last:,}"
    terms = ", in terms only" if rule.in_terms_only else ""
    return f"{what}{_restrictions(rule)}{terms}"


def describe_steps(rule: Rule) -> list[str]:
    """Say the steps of a plan, each with what it asks for beside the plan; of what is no plan there are none."""
    if not isinstance(rule, PlanRule):
        return []
    return [f"{step.name}: by day {step.day:,}{_restrictions(step)}" for step in rule.steps]


def _restrictions(counted: Counted) -> str:
    types = "" if counted.contact_types is None else f", by {' or '.join(counted.contact_types)}"
    least = "" if counted.minimum_minutes == 0 else f", of {_number(counted.minimum_minutes, 'minute')} or more"
    return f"{types}{least}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
