"""How a programme counts hours, as data."""

import pytest

from protocol.hours import EntryState
from server.errors import UserError
from server.hours.policy import CountsFrom, HoursPolicy, Rounding, read_policy, write_policy


def test_a_programme_that_has_said_nothing_counts_as_by_default() -> None:
    assert read_policy(None) == read_policy("{}") == HoursPolicy()
    assert write_policy(HoursPolicy()) == "{}"


def test_what_is_written_is_read_again() -> None:
    policy = HoursPolicy(
        grace_s=0,
        rounding=Rounding.DOWN,
        minimum_minutes=5,
        counts_from=CountsFrom.APPROVED,
        minutes_per_day_limit=480,
        school_year_starts="07-01",
    )
    assert read_policy(write_policy(policy)) == policy


def test_an_entry_counts_from_a_state_on_and_never_when_it_is_disputed_or_withdrawn() -> None:
    states = {choice.value: HoursPolicy(counts_from=choice).counted_states for choice in CountsFrom}
    assert states == {
        "proposed": (EntryState.PROPOSED, EntryState.CONFIRMED, EntryState.APPROVED),
        "confirmed": (EntryState.CONFIRMED, EntryState.APPROVED),
        "approved": (EntryState.APPROVED,),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"grace_s":-1}', "grace_s: expected `int` >= 0"),
        ('{"rounding":"up"}', "rounding: invalid enum value 'up'"),
        ('{"minutes_per_day_limit":1500}', "minutes_per_day_limit: expected `int` <= 1440"),
        ('{"school_year_starts":"02-29"}', "'02-29' is no day of every year, like 08-01"),
        ('{"school_year_starts":"8-1"}', "'8-1' is no day of every year, like 08-01"),
        ('{"pace":1}', "object contains unknown field `pace`"),
    ],
)
def test_what_is_no_policy_is_refused_with_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(UserError) as refused:
        read_policy(text)
    assert refused.value.text == f"This is no hours policy: {reason}."
