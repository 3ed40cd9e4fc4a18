"""How much is in a document: what is added, loaded again, counted, and kept in one piece meanwhile."""

import pytest

from protocol.documents import MAX_DOCUMENT_BYTES, DocumentHealth
from server.documents.fullness import MAX_LOAD_S, MAX_TYPES, Fullness


@pytest.fixture
def fullness() -> Fullness:
    fullness = Fullness()
    fullness.on_loaded(1_000, 200, 0.1)
    return fullness


def test_what_is_added_while_a_snapshot_is_kept_comes_after_it(fullness: Fullness) -> None:
    mark = fullness.mark()
    fullness.on_added(30, 0)
    fullness.on_snapshot(mark, 900)
    assert (fullness.whole_bytes, fullness.further_bytes) == (900, 30)


def test_a_snapshot_from_before_it_was_loaded_again_changes_nothing(fullness: Fullness) -> None:
    mark = fullness.mark()
    fullness.on_loaded(900, 0, 0.1)
    fullness.on_snapshot(mark, 900)
    assert (fullness.whole_bytes, fullness.further_bytes) == (900, 0)


def test_types_that_were_deleted_make_room_for_others(fullness: Fullness) -> None:
    fullness.on_counted(MAX_TYPES - 10)
    mark = fullness.mark()
    assert mark.has_many_types
    fullness.on_added(1, 10)
    assert not fullness.has_room(0, 1)
    before = fullness.health
    fullness.on_counted_again(mark, 100)
    assert fullness.has_room(0, MAX_TYPES - 110)
    assert not fullness.has_room(0, MAX_TYPES - 109)
    assert (before, fullness.health) == (DocumentHealth.FULL, DocumentHealth.GOOD)


def test_types_that_were_counted_meanwhile_are_not_counted_twice(fullness: Fullness) -> None:
    mark = fullness.mark()
    fullness.on_counted(7)
    fullness.on_counted_again(mark, 5)
    assert fullness.has_room(0, MAX_TYPES - 7)
    assert not fullness.has_room(0, MAX_TYPES - 6)
    later = fullness.mark()
    fullness.on_loaded(1_000, 0, 0.1)
    fullness.on_counted_again(later, 5)
    assert not fullness.is_counted


def test_it_is_as_full_as_it_was_known_to_be_until_types_are_counted_again(fullness: Fullness) -> None:
    fullness.on_counted(MAX_TYPES)
    for _ in range(2):
        fullness.on_loaded(1_000, 0, 0.1)
        assert fullness.health is DocumentHealth.FULL
    fullness.on_counted(0)
    assert fullness.health is DocumentHealth.GOOD


def test_what_comes_together_needs_room_together(fullness: Fullness) -> None:
    rest = MAX_DOCUMENT_BYTES - fullness.size
    assert fullness.has_room(rest - 1, 0)
    assert not fullness.has_room(rest, 0)


def test_unusual_work_has_it_loaded_again(fullness: Fullness) -> None:
    for _ in range(1_000):
        fullness.on_worked(0.051, 1_000)
    fullness.on_worked(0.9, 0)
    assert not fullness.is_to_be_measured, "so much is usual, or too little to matter"
    fullness.on_worked(0.2, 0)
    before = fullness.is_to_be_measured
    fullness.on_loaded(1_000, 0, 0.1)
    assert (before, fullness.is_to_be_measured) == (True, False)


def test_what_loads_slowly_is_full(fullness: Fullness) -> None:
    fullness.on_loaded(1_000, 0, MAX_LOAD_S + 1)
    fullness.on_worked(MAX_LOAD_S, 0)
    assert not fullness.is_to_be_measured, "it took longer than what was done since"
    assert not fullness.has_room(0, 0)
    assert fullness.health is DocumentHealth.FULL
