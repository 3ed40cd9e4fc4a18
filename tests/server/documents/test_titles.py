"""What a document may be called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents import MAX_TITLE_CHARACTERS
from protocol.errors import ErrorCode
from server.documents.titles import title_of
from server.errors import UserError


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Goals", "Goals"),
        ("  Goals\n of\ttoday ", "Goals of today"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\x00b\u2028c", "a b c"),
        ("\u202eslaoG\u202c", "slaoG"),
        ("👩\u200d🏫 class", "👩\u200d🏫 class"),
        ("اهداف", "اهداف"),
        ("x" * MAX_TITLE_CHARACTERS, "x" * MAX_TITLE_CHARACTERS),
    ],
)
def test_a_title_is_one_line_of_what_can_be_seen(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\n\t", "\u202e\u202c", "\ud800"])
def test_what_shows_nothing_is_none(text: str) -> None:
    with pytest.raises(UserError) as error:
        title_of(text)
    assert error.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("text", ["x" * (MAX_TITLE_CHARACTERS + 1), "x" * 10_000_000])
def test_a_long_one_is_refused(text: str) -> None:
    with pytest.raises(UserError) as error:
        title_of(text)
    assert error.value.code is ErrorCode.TOO_LARGE


@given(st.text(max_size=120))
def test_a_title_is_its_own_title(text: str) -> None:
    try:
        title = title_of(text)
    except UserError:
        return
    assert title_of(title) == title
    assert 0 < len(title) <= MAX_TITLE_CHARACTERS
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in title)
