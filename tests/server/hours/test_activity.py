"""What somebody does in few events, and each activity as long as it was."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.hours.activity import ActivityNotes, Doing
from server.room.feature import Activity

MEDIA, MICROPHONE, CAMERA, TALKING = Activity


def test_what_changes_once_is_told_when_it_did() -> None:
    notes = ActivityNotes()
    notes.change({MEDIA}, 5)
    notes.change({MEDIA, MICROPHONE}, 8)
    assert notes.take(10) == [Doing("media_on", 5), Doing("microphone_on", 8)]
    assert notes.take(20) == []
    notes.change({MICROPHONE, CAMERA}, 25)
    assert notes.take(30) == [Doing("media_off", 25), Doing("camera_on", 25)]


def test_whoever_mutes_and_unmutes_writes_two_rows_and_keeps_their_time() -> None:
    notes = ActivityNotes()
    for at in range(0, 1_000, 10):
        notes.change({MICROPHONE}, at)
        notes.change(set(), at + 4)
    assert notes.take(1_000) == [Doing("microphone_on", 0), Doing("microphone_off", 400)]


def test_talk_is_summed_up_and_told_once_a_minute() -> None:
    notes = ActivityNotes()
    notes.change({TALKING}, 100_010)
    notes.change(set(), 100_015)
    notes.change({TALKING}, 100_020)
    assert notes.take(100_030) == [Doing("spoke", 100_030, 15)]
    assert notes.take(160_029) == []
    assert notes.take(160_030) == [Doing("spoke", 160_030, 60_000)]
    notes.change(set(), 160_040)
    assert notes.take(160_050) == []
    assert notes.take(160_060, is_last=True) == [Doing("spoke", 160_060, 10)]
    assert notes.take(300_000) == []


def test_only_who_changes_something_or_has_talked_has_news() -> None:
    notes = ActivityNotes()
    assert not notes.has_news
    notes.change({MICROPHONE}, 100_000)
    assert notes.has_news
    notes.take(100_010)
    assert not notes.has_news
    notes.change({MICROPHONE, TALKING}, 100_020)
    notes.take(100_030)
    assert notes.has_news  # they still talk
    notes.change({MICROPHONE}, 100_040)
    notes.take(100_050)
    assert notes.has_news  # it is told once a minute
    assert notes.take(160_030) == [Doing("spoke", 160_030, 10)]
    assert not notes.has_news


STEPS = st.lists(
    st.tuples(
        st.integers(0, 9) | st.integers(0, 90_000),
        st.none() | st.sets(st.sampled_from([MEDIA, MICROPHONE, CAMERA, TALKING])),
    ),
    max_size=40,
)


@given(STEPS)
def test_however_it_changes_each_lasts_as_long_as_it_did(steps: list[tuple[int, set[Activity] | None]]) -> None:
    notes, told, now = ActivityNotes(), list[Doing](), 0
    doing: set[Activity] = set()
    really = dict.fromkeys(Activity, 0)
    for length, activities in [*steps, (0, set())]:
        now += length
        for activity in doing:
            really[activity] += length
        if activities is None:
            news = notes.take(now)
            assert len(news) <= 7
            told += news
        else:
            doing = activities
            notes.change(activities, now)
    told += notes.take(now, is_last=True)
    talks = [each.at for each in told if each.kind == "spoke"]
    assert all(later - at >= 60_000 for at, later in pairwise(talks[:-1]))
    for activity in (MEDIA, MICROPHONE, CAMERA):
        own = [each for each in told if each.kind.startswith(activity)]
        assert [each.kind for each in own] == [f"{activity}_on", f"{activity}_off"] * (len(own) // 2)
        assert all(before.at <= after.at for before, after in pairwise(own))
        assert sum(off.at - on.at for on, off in zip(own[::2], own[1::2], strict=True)) == really[activity]
    assert sum(each.length_ms or 0 for each in told) == really[TALKING]
