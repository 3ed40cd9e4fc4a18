"""What may be written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from protocol.wire import MAX_CHAT_CHARACTERS
from server.chat.text import clean_text
from server.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "hello"),
        (" two  spaces ", " two  spaces "),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("nul\0 bell\a escape\x1b[31m del\x7f c1\x85", "nul bell escape[31m del c1"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("👩‍🏫 e\u0301", "👩‍🏫 e\u0301"),
        ("\u202eright to left", "\u202eright to left"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("می\u200cشود", "می\u200cشود"),
        ("שלום \u200fB2", "שלום \u200fB2"),
        ("ᄀ\u1160", "ᄀ\u1160"),
        ("⠓⠊\u2800⠓⠊", "⠓⠊\u2800⠓⠊"),
    ],
)
def test_control_characters_go_and_the_rest_stays(text: str, expected: str) -> None:
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n\n\t", "\0\x1b", "\u200b", "\u2028", "\u00a0\u3000", "\u200d\u2060"),
        *("\u3164", "\uffa0 \u115f\u1160", "\u2800", "\ufe0f", "\U000e0100", "\u034f\u202e\u2067", "\U000e0020"),
        *("\u2065", "\ufff0", "\U000e0002", "\U000e01f0"),
    ],
)
def test_nothing_to_see_is_no_message(text: str) -> None:
    with pytest.raises(UserError) as error:
        clean_text(text)
    assert error.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("character", ["x", "ñ", "𝄞"])
def test_length_is_counted_in_code_points(character: str) -> None:
    longest = character * MAX_CHAT_CHARACTERS
    assert clean_text(longest + "\0") == longest
    with pytest.raises(UserError) as error:
        clean_text(longest + character)
    assert error.value.code is ErrorCode.TOO_LARGE


@given(st.text(max_size=200))
def test_whatever_comes_through_is_clean(text: str) -> None:
    try:
        cleaned = clean_text(text)
    except UserError:
        return
    assert not [c for c in cleaned if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert cleaned.strip()
    assert clean_text(cleaned) == cleaned
