from random import Random

import msgspec

from loadtest.documents.copy import BoardCopy
from loadtest.documents.strokes import Pen
from protocol.events import DocumentUpdated


def told(seq: int, update: bytes | None) -> bytes:
    return msgspec.msgpack.encode(DocumentUpdated(document_id="document_1", epoch=1, seq=seq, update=update))


def test_changes_that_follow_each_other_leave_no_gap() -> None:
    pen, copy = Pen("aa", Random(1)), BoardCopy()
    copy.begin(3, pen.draw(1))
    for seq in (3, 4, 4, 5):
        copy.take(told(seq, pen.draw(seq) if seq > 3 else b"not looked at"))
    assert copy.gaps == 0


def test_a_change_that_is_missing_or_too_large_is_a_gap() -> None:
    pen, copy = Pen("aa", Random(1)), BoardCopy()
    copy.take(told(2, pen.draw(1)))
    copy.take(told(3, None))
    assert copy.gaps == 2
