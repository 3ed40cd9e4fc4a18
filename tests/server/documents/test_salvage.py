"""What can still be had of a broken document."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents import replica
from server.documents.salvage import salvage
from server.store.documents import Contents, DocumentKey
from tests.support.documents import PageDocument

KEY = DocumentKey("document_1", 2)


def contents(updates: list[bytes], snapshot_seq: int = 0) -> Contents:
    return Contents(snapshot_seq + len(updates), tuple(updates), {}, snapshot_seq)


def drawn(count: int) -> list[bytes]:
    page = PageDocument(7)
    return [page.draw(**{f"e{number}": "1"}) for number in range(count)]


def shown(data: bytes) -> list[str]:
    copy = PageDocument()
    copy.receive(data)
    return sorted(copy.shown())


def test_of_nothing_nothing_is_had() -> None:
    assert salvage(KEY, contents([]), 5) is None
    assert salvage(KEY, contents([b"junk"]), 5) is None


def test_what_is_whole_is_had_as_it_is() -> None:
    change = salvage(KEY, contents(drawn(3)), 5)
    assert change is not None
    assert (change.key, change.seq, change.at, change.new_authors) == (KEY, 1, 5, {})
    assert shown(change.data) == ["e0", "e1", "e2"]


@settings(max_examples=40)
@given(st.integers(1, 20), st.data())
def test_everything_before_the_one_at_fault_is_had(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, count - 1))
    updates = drawn(count)
    updates[at] = b"\xff\xff"
    change = salvage(KEY, contents(updates), 5)
    assert (shown(change.data) if change else []) == sorted(f"e{number}" for number in range(at))


def test_a_large_snapshot_is_taken_in_one_step_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "slices", None)
    page = PageDocument(7)
    for number in range(1_000):
        page.draw(**{f"e{number}": "1"})
    whole = page.doc.get_update()
    updates = [whole, page.draw(late="1"), b"\xff\xff", page.draw(later="1")]
    change = salvage(KEY, contents(updates, snapshot_seq=1_000), 5)
    assert change is not None
    assert shown(change.data) == sorted([*(f"e{number}" for number in range(1_000)), "late"])
