"""Which moments are kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.versions import (
    BYTES_UNTIL_SNAPSHOT,
    CHANGES_UNTIL_SNAPSHOT,
    MS_UNTIL_SNAPSHOT,
    Due,
    snapshot_due,
    superfluous,
)
from server.store.documents import Version

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGINNING = 20_000 * DAY
AGES = st.one_of(st.integers(0, 3 * HOUR), st.integers(0, 40 * DAY), st.integers(0, 400 * DAY))


def versions_at(*instants: int) -> list[Version]:
    return [Version(seq, at) for seq, at in enumerate(sorted(instants), 1)]


def thinned(versions: list[Version], now: int) -> list[Version]:
    gone = set(superfluous(versions, now))
    return [version for version in versions if version not in gone]


@pytest.mark.parametrize(
    ("changes", "size", "age_ms", "whole_size", "waited_ms", "due"),
    [
        (0, 3 * BYTES_UNTIL_SNAPSHOT, MS_UNTIL_SNAPSHOT, 0, 0, Due.NOT_YET),
        (1, 10, MS_UNTIL_SNAPSHOT - 1, 0, 0, Due.NOT_YET),
        (1, 10, MS_UNTIL_SNAPSHOT, 0, 0, Due.IN_A_PAUSE),
        (1, 10, 60 * MS_UNTIL_SNAPSHOT, 0, 2 * MINUTE - 1, Due.IN_A_PAUSE),
        (1, 10, 60 * MS_UNTIL_SNAPSHOT, 0, 2 * MINUTE, Due.NOW),
        (1, BYTES_UNTIL_SNAPSHOT - 1, 0, 0, 0, Due.NOT_YET),
        (1, BYTES_UNTIL_SNAPSHOT, 0, 0, 0, Due.IN_A_PAUSE),
        (1, BYTES_UNTIL_SNAPSHOT, 0, BYTES_UNTIL_SNAPSHOT + 1, 0, Due.NOT_YET),
        (1, BYTES_UNTIL_SNAPSHOT + 1, 0, BYTES_UNTIL_SNAPSHOT + 1, 0, Due.IN_A_PAUSE),
        (1, 3 * BYTES_UNTIL_SNAPSHOT + 2, 0, BYTES_UNTIL_SNAPSHOT + 1, 0, Due.IN_A_PAUSE),
        (1, 3 * BYTES_UNTIL_SNAPSHOT + 3, 0, BYTES_UNTIL_SNAPSHOT + 1, 0, Due.NOW),
        (CHANGES_UNTIL_SNAPSHOT - 1, 10, 0, 0, 0, Due.NOT_YET),
        (CHANGES_UNTIL_SNAPSHOT, 10, 0, 0, 0, Due.IN_A_PAUSE),
        (3 * CHANGES_UNTIL_SNAPSHOT, 10, 0, 0, 0, Due.NOW),
    ],
)
def test_a_snapshot_is_due_after_many_changes_or_bytes_or_a_minute(
    changes: int, size: int, age_ms: int, whole_size: int, waited_ms: int, due: Due
) -> None:
    assert snapshot_due(changes, size, age_ms, whole_size, waited_ms) is due


@pytest.mark.parametrize(("age", "apart"), [(0, MINUTE), (2 * DAY, HOUR), (40 * DAY, DAY)])
def test_the_last_of_each_minute_hour_or_day_is_kept(age: int, apart: int) -> None:
    versions = versions_at(*(BEGINNING + offset for offset in (0, apart // 2, apart - 1, apart, 2 * apart + 1)))
    now = versions[-1].at + age
    assert [version.seq for version in thinned(versions, now)] == [3, 4, 5]


@given(st.lists(AGES, max_size=60), st.lists(AGES, max_size=4))
def test_thinning_now_and_then_leaves_what_thinning_once_leaves(offsets: list[int], waits: list[int]) -> None:
    versions = versions_at(*(BEGINNING + offset for offset in offsets))
    now = BEGINNING + 400 * DAY
    left = versions
    for wait in waits:
        now += wait
        left = thinned(left, now)
        assert thinned(left, now) == left
    assert left == (thinned(versions, now) if waits else versions)


@given(st.lists(AGES, min_size=1, max_size=60), AGES)
def test_of_every_day_its_end_is_left_and_nothing_is_made_up(offsets: list[int], age: int) -> None:
    versions = versions_at(*(BEGINNING + offset for offset in offsets))
    left = thinned(versions, versions[-1].at + age)
    ends = {version.at // DAY: version for version in versions}
    assert set(ends.values()) <= set(left) <= set(versions)


@given(st.lists(AGES, min_size=2, max_size=60))
def test_after_a_month_one_a_day_is_left(offsets: list[int]) -> None:
    versions = versions_at(*(BEGINNING + offset for offset in offsets))
    left = thinned(versions, versions[-1].at + 31 * DAY)
    assert all(one.at // DAY < following.at // DAY for one, following in pairwise(left))
