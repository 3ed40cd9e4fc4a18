"""Updates that come in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents import MAX_UPDATE_BYTES, MAX_UPLOAD_BYTES
from protocol.errors import ErrorCode
from server.documents.uploads import MAX_COLLECTED_BYTES, Uploads
from server.errors import UserError

PART = bytes(MAX_UPDATE_BYTES)
PARTS_AT_MOST = MAX_UPLOAD_BYTES // MAX_UPDATE_BYTES


@pytest.fixture
def uploads() -> Uploads:
    return Uploads()


def refusal(uploads: Uploads, connection_id: str, part: bytes, offset: int) -> ErrorCode:
    with pytest.raises(UserError) as error:
        uploads.add(connection_id, "a", part, offset)
    return error.value.code


def fill(uploads: Uploads, connection_id: str) -> None:
    """Collect as much of one update as there may be."""
    for number in range(PARTS_AT_MOST):
        uploads.add(connection_id, "a", PART, number * MAX_UPDATE_BYTES)


def test_parts_are_put_together_for_each_connection_and_document(uploads: Uploads) -> None:
    uploads.add("1", "a", b"1", 0)
    uploads.add("1", "b", b"8", 0)
    uploads.add("2", "a", b"x", 0)
    uploads.add("1", "a", b"2", 1)
    uploads.add("1", "b", b"9", 1)
    assert [uploads.whole(*key) for key in (("1", "a"), ("1", "b"), ("2", "a"))] == [b"12", b"89", b"x"]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=5), st.integers(1, 3)), min_size=1))
def test_what_is_sent_again_is_there_once(parts: list[tuple[bytes, int]]) -> None:
    uploads, offset = Uploads(), 0
    for part, times in parts:
        for _ in range(times):
            uploads.add("1", "a", part, offset)
        offset += len(part)
    assert uploads.whole("1", "a") == b"".join(part for part, _ in parts)
    assert uploads.size == offset


def test_a_part_before_which_something_is_missing_is_refused(uploads: Uploads) -> None:
    assert refusal(uploads, "1", b"2", 1) is ErrorCode.OUT_OF_SYNC
    uploads.add("1", "a", b"1", 0)
    assert refusal(uploads, "1", b"3", 2) is ErrorCode.OUT_OF_SYNC
    assert uploads.size == 0


def test_a_first_part_begins_anew(uploads: Uploads) -> None:
    uploads.add("1", "a", b"123", 0)
    uploads.add("1", "a", b"4", 3)
    uploads.add("1", "a", b"9", 0)
    assert uploads.whole("1", "a") == b"9"
    assert uploads.size == 1


def test_more_than_may_be_added_at_once_is_refused_and_forgotten(uploads: Uploads) -> None:
    fill(uploads, "1")
    assert refusal(uploads, "1", PART, PARTS_AT_MOST * MAX_UPDATE_BYTES) is ErrorCode.TOO_LARGE
    assert uploads.size == 0


def test_what_is_dropped_or_left_is_forgotten(uploads: Uploads) -> None:
    for connection_id, document_id in (("1", "a"), ("1", "b"), ("2", "a")):
        uploads.add(connection_id, document_id, b"1", 0)
    uploads.drop("2", "a")
    uploads.drop("2", "a")
    assert refusal(uploads, "2", b"2", 1) is ErrorCode.OUT_OF_SYNC
    uploads.leave("1")
    uploads.leave("1")
    assert uploads.size == 0


def test_all_together_are_bounded_and_the_idle_ones_make_room(uploads: Uploads) -> None:
    uploads.add("idle", "a", b"1", 0)
    uploads.add("busy", "a", b"1", 0)
    for number in range(MAX_COLLECTED_BYTES // MAX_UPLOAD_BYTES + 2):
        fill(uploads, f"of {number}")
        uploads.add("busy", "a", b"2", 1)
        assert uploads.size <= MAX_COLLECTED_BYTES
    assert uploads.whole("busy", "a") == b"12"
    assert refusal(uploads, "idle", b"2", 1) is ErrorCode.OUT_OF_SYNC
