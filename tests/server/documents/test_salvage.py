"""What can still be had of a broken document."""

from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents.salvage import salvage
from server.store.documents import Contents, DocumentKey
from tests.support.documents import PageDocument

KEY = DocumentKey("document_1", 2)


def contents(updates: list[bytes]) -> Contents:
    return Contents(len(updates), tuple(updates), {}, 0)


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
