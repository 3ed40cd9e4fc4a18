from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.replica import Replica
from server.documents.update import (
    MAX_DEPTH,
    MAX_NUMBER,
    Span,
    UpdateError,
    read_state,
    read_update,
    well_formed,
    write_state,
)
from tests.support.documents import PageDocument, write_everything

CLIENT = 7
STATES = st.dictionaries(st.integers(0, MAX_NUMBER), st.integers(0, 2**31 - 1), max_size=5)


@pytest.fixture
def page() -> PageDocument:
    return PageDocument(CLIENT)


def block(info: int, *rest: int) -> bytes:
    """Return an update of one block of client 7, in the root "a" where `info` does not say otherwise."""
    parent = (1, 1, ord("a")) if info and not info & 0xC0 else ()
    return bytes((1, 1, CLIENT, 0, info, *parent, *rest, 0))


class TestWhatIsRead:
    def test_everything_that_boards_and_notes_consist_of(self, page: PageDocument) -> None:
        write_everything(page)
        [data] = page.updates
        update = read_update(data)
        [span] = update.added
        assert span == Span(CLIENT, 0, read_state(page.doc.get_state())[CLIENT])
        assert update.roots == {"elements", "text", "notes"}
        assert not update.is_missing({})

    def test_what_follows_is_missing_what_it_follows(self, page: PageDocument) -> None:
        page.elements["a"] = "1"
        page.elements["a"] = "2"
        first, second = map(read_update, page.updates)
        assert not first.is_missing({})
        assert second.is_missing({})
        assert not second.is_missing({CLIENT: 1})

    def test_what_is_changed_of_somebody_else_s_is_taken_for_granted(self, page: PageDocument) -> None:
        page.elements["a"] = "1"
        other = PageDocument(9)
        other.receive(page.updates[0])
        other.elements["a"] = "2"
        update = read_update(other.updates[0])
        assert update.added == (Span(9, 0, 1),)
        assert update.needed == {CLIENT: 1}
        assert update.is_missing({})
        assert not update.is_missing({CLIENT: 1})

    def test_what_is_deleted_is_taken_for_granted(self, page: PageDocument) -> None:
        page.elements["a"] = "1"
        del page.elements["a"]
        update = read_update(page.updates[1])
        assert update.added == ()
        assert update.is_missing({})
        assert not update.is_missing({CLIENT: 1})

    def test_only_what_is_unknown_is_new(self, page: PageDocument) -> None:
        page.elements["a"] = "1"
        update = read_update(page.updates[0])
        assert list(update.news({})) == [Span(CLIENT, 0, 1)]
        assert list(update.news({CLIENT: 1})) == []

    def test_texts_are_as_long_as_javascript_says(self) -> None:
        text = "a😀".encode()
        assert read_update(block(0x04, len(text), *text)).added == (Span(CLIENT, 0, 3),)


class TestWhatIsRefused:
    def test_whatever_ends_too_early(self, page: PageDocument) -> None:
        write_everything(page)
        [data] = page.updates
        for size in range(len(data)):
            with pytest.raises(UpdateError):
                read_update(data[:size])

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"\xff\xff\xff\x7f", id="many clients"),
            pytest.param(b"\x00\xff\xff\xff\x7f", id="many deletions"),
            pytest.param(b"\x01\xff\xff\xff\x7f\x07\x00", id="many blocks"),
            pytest.param(b"\x00\x01\x07\xff\xff\xff\x7f", id="many ranges"),
            pytest.param(block(0x08, 0xFF, 0xFF, 0xFF, 0x7F), id="many values"),
            pytest.param(block(0x08, 1, 117, 0xFF, 0xFF, 0xFF, 0x7F), id="a long list"),
            pytest.param(block(0x04, 0xFF, 0xFF, 0xFF, 0x7F), id="a long text"),
        ],
    )
    def test_what_declares_more_than_there_is(self, data: bytes) -> None:
        with pytest.raises(UpdateError):
            read_update(data)

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"\x00\x00\x00", id="goes on after its end"),
            pytest.param(bytes((0x80,) * 9 + (1,)), id="a number that does not end"),
            pytest.param(bytes((0xFF,) * 7 + (0x7F,)), id="a number beyond JavaScript's"),
            pytest.param(b"\x01\x00\x07\x00\x00", id="no blocks"),
            pytest.param(b"\x02\x01\x07\x00\x00\x01\x01\x07\x01\x00\x01\x00", id="a client twice"),
            pytest.param(b"\x01\x01\x07\xff\xff\xff\xff\x07\x00\x01\x00", id="a clock beyond all blocks"),
            pytest.param(b"\x00\x01\x07\x01\xff\xff\xff\xff\x07\x01", id="a deletion beyond all blocks"),
            pytest.param(b"\x00\x01\x07\x01\x00\x00", id="a deletion of nothing"),
            pytest.param(block(0x00, 0), id="an empty gap"),
            pytest.param(block(0x04, 0), id="an empty text"),
            pytest.param(block(0x04, 1, 0xFF), id="a text that is not UTF-8"),
            pytest.param(block(0x05, 1, ord("{")), id="an embed that is not JSON"),
            pytest.param(block(0x05, 3, *b"NaN"), id="an embed that is JSON to Python only"),
            pytest.param(block(0x02, 1, 1, ord("1")), id="contents of earlier versions"),
            pytest.param(block(0x09, 1, ord("a"), 118, 0), id="a document within the document"),
            pytest.param(block(0x0A, 1), id="what is skipped"),
            pytest.param(block(0x07, 7), id="an unknown type"),
            pytest.param(block(0x08, 1, 115), id="an unknown value"),
            pytest.param(bytes((1, 1, CLIENT, 0, 0x04, 2, 1, ord("a"), 0)), id="an unknown parent"),
        ],
    )
    def test_what_no_page_makes(self, data: bytes) -> None:
        with pytest.raises(UpdateError):
            read_update(data)

    def test_values_that_would_overflow_the_stack(self) -> None:
        def nested(depth: int) -> bytes:
            return block(0x08, 1, *(117, 1) * depth, 126)

        assert read_update(nested(MAX_DEPTH)).added == (Span(CLIENT, 0, 1),)
        for depth in (MAX_DEPTH + 1, 20_000):
            with pytest.raises(UpdateError, match="deep"):
                read_update(nested(depth))

    def test_json_that_would_overflow_the_stack(self) -> None:
        text = b"[" * 20_000 + b"]" * 20_000
        with pytest.raises(UpdateError):
            read_update(bytes((1, 1, CLIENT, 0, 0x05, 1, 1, ord("a"), 0xC0, 0xB8, 0x02)) + text + b"\x00")

    @given(st.binary(max_size=64))
    def test_nothing_else_is_raised(self, data: bytes) -> None:
        for read in (read_update, read_state):
            with suppress(UpdateError):
                read(data)


class TestState:
    @given(STATES)
    def test_what_is_written_is_read(self, state: dict[int, int]) -> None:
        assert read_state(write_state(state)) == state

    def test_it_is_what_pages_write(self, page: PageDocument) -> None:
        write_everything(page)
        page.receive(b"\x01\x01\x09\x00\x04\x01\x01a\x01b\x00")
        data = page.doc.get_state()
        assert len(read_state(data)) == 2
        assert sorted(write_state(read_state(data))) == sorted(data)

    @pytest.mark.parametrize(
        "data", [b"", b"\x01", b"\x02\x07\x01\x07\x01", b"\x00\x00", b"\x01\x07\xff\xff\xff\xff\x0f"]
    )
    def test_what_is_none_is_refused(self, data: bytes) -> None:
        with pytest.raises(UpdateError):
            read_state(data)


class TestHalfCharactersInJson:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            (r'"\ud83d"', r'"\ufffd"'),
            (r'"a\uDE00b"', r'"a\ufffdb"'),
            (r'"\ud83d\ud83d\ude00\ude00"', r'"\ufffd\ud83d\ude00\ufffd"'),
            (r'"\ud83d \ude00"', r'"\ufffd \ufffd"'),
            (r'"\\ud83d"', r'"\\ud83d"'),
            (r'{"é\ud83d":"\ud83d"}', r'{"é\ufffd":"\ufffd"}'),
            (r'"\u0041"', r'"\u0041"'),
        ],
    )
    def test_they_are_replaced_as_in_all_other_texts(self, written: str, read: str) -> None:
        def link(json: str) -> bytes:
            encoded = json.encode()
            return block(6, 4, *b"link", len(encoded), *encoded)

        data = link(written)
        assert well_formed(data, read_update(data)) == link(read)
        assert read_update(link(read)).lone_halves == ()
        Replica().integrate([(link(read), read_update(link(read)))])
