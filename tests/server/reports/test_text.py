import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.reports.text import fit, one_line


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("Ana Pérez\tand\nTom", "Ana Pérez\tand\nTom"),
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("a\0b\x1f\x7f", "a\ufffdb\ufffd\ufffd"),
        ("\ud83d", "\ufffd"),
        ("\u202eabc\u2069", "abc"),
        ("👩🏽\u200d🏫 \u200fعربى", "👩🏽\u200d🏫 \u200fعربى"),
    ],
)
def test_text_is_made_fit(text: str, fitting: str) -> None:
    assert fit(text) == fitting


@given(st.text(st.characters()))
def test_what_is_fit_can_be_written_and_stays_as_it_is(text: str) -> None:
    fitting = fit(text)
    fitting.encode()
    assert fit(fitting) == fitting


def test_one_line_has_single_spaces() -> None:
    assert one_line(" a\r\n\tb  ") == "a b"
