"""How a programme counts hours, as data, to and from JSON."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.hours import MAX_MANUAL_MINUTES, EntryState, counted_states
from server.hours.described import read_described

MAX_GRACE_S = 3_600
MINUTES_OF_A_DAY = 1_440

_MONTH_AND_DAY = re.compile(r"(\d\d)-(\d\d)")
_COMMON_YEAR = 2_001


class Rounding(StrEnum):
    """How measured time becomes whole minutes."""

    NEAREST = "nearest"
    DOWN = "down"


class CountsFrom(StrEnum):
    """From which state on an entry counts towards what is required."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    APPROVED = "approved"


class HoursPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a programme counts hours."""

    grace_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_GRACE_S)] = 60
    """Gaps of somebody's presence up to this are filled before it is credited."""
    rounding: Rounding = Rounding.NEAREST
    minimum_minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MANUAL_MINUTES)] = 1
    """Less is not proposed."""
    counts_from: CountsFrom = CountsFrom.CONFIRMED
    minutes_per_day_limit: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_OF_A_DAY)] = MAX_MANUAL_MINUTES
    """Of a pair."""
    school_year_starts: str = "08-01"
    """Month and day, as `MM-DD`."""
    reminders: bool = True
    """Whether people are told by e-mail what is due and what waits for them."""

    def __post_init__(self) -> None:
        """Refuse a school year that starts on no day of every year. Raises `ValueError`."""
        found = _MONTH_AND_DAY.fullmatch(self.school_year_starts)
        try:
            if found is None:
                raise ValueError
            date(_COMMON_YEAR, int(found[1]), int(found[2]))
        except ValueError:
            raise ValueError(f"{self.school_year_starts!r} is no day of every year, like 08-01") from None

    @property
    def counted_states(self) -> tuple[EntryState, ...]:
        """States in which an entry counts towards what is required."""
        return counted_states(EntryState(self.counts_from))


_decoder = msgspec.json.Decoder(HoursPolicy)


def read_policy(text: str | bytes | None) -> HoursPolicy:
    """Return the policy that JSON describes; `None`: as by default. Raises `UserError` with one sentence."""
    return HoursPolicy() if text is None else read_described(text, _decoder, "hours policy")


def write_policy(policy: HoursPolicy) -> str:
    """Return a policy as JSON."""
    return msgspec.json.encode(policy).decode()
