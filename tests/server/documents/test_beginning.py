"""What a document begins with."""

import pytest

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from server.documents.beginning import MAX_NEW_CLIENTS, first_change
from server.documents.replica import NO_UPDATE
from server.errors import UserError
from server.store.documents import Change, DocumentKey
from tests.support.documents import PageDocument

KEY = DocumentKey("document_1", 1)


def begin(data: bytes, kind: DocumentKind = DocumentKind.BOARD) -> Change | None:
    return first_change(KEY, kind, "ana", data, 5)


def merged(count: int) -> bytes:
    """Return an update of so many pages' changes."""
    whole = PageDocument()
    for client in range(1, count + 1):
        whole.receive(PageDocument(client).draw(**{f"of {client}": "1"}))
    return whole.doc.get_update()


@pytest.mark.parametrize("data", [b"", NO_UPDATE])
def test_nothing_is_no_change(data: bytes) -> None:
    assert begin(data) is None


def test_a_template_is_the_first_change_and_whose_it_is() -> None:
    page = PageDocument(7)
    change = begin(page.draw(a="1"))
    assert change is not None
    assert (change.key, change.seq, change.at, change.new_authors) == (KEY, 1, 5, {7: "ana"})
    copy = PageDocument()
    copy.receive(change.data)
    assert copy.shown() == {"a": "1"}


def test_as_many_pages_as_one_may_have_had_are_in_it_and_no_more() -> None:
    change = begin(merged(MAX_NEW_CLIENTS))
    assert change is not None
    assert len(change.new_authors) == MAX_NEW_CLIENTS
    with pytest.raises(UserError):
        begin(merged(MAX_NEW_CLIENTS + 1))


def test_what_does_not_fit_an_empty_document_is_refused() -> None:
    page = PageDocument(7)
    page.draw(a="1")
    circle = bytes((2, 1, 2, 0, 0x84, 1, 0, 1, ord("b"), 1, 1, 0, 0x84, 2, 0, 1, ord("a"), 0))
    for data, kind in (
        (page.draw(b="2"), DocumentKind.BOARD),
        (page.updates[0], DocumentKind.NOTES),
        (page.updates[0] + b"\x00", DocumentKind.BOARD),
        (circle, DocumentKind.BOARD),
    ):
        with pytest.raises(UserError) as error:
            begin(data, kind)
        assert error.value.code is ErrorCode.BAD_REQUEST
