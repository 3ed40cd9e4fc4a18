from collections.abc import Iterator

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from server.printing.fonts import Fonts
from server.printing.lines import Look, broken, width_of

LOOKS = st.builds(Look, st.floats(6, 24), st.sampled_from([("text", ""), ("text", "BI"), ("mono", "")]))


@pytest.fixture(scope="module")
def fonts() -> Iterator[Fonts]:
    with Fonts(FPDF()) as fonts:
        yield fonts


@given(runs=st.lists(st.tuples(st.text("ab →é-", max_size=12), LOOKS), max_size=6), width=st.floats(20, 200))
def test_lines_keep_their_width_and_every_word(fonts: Fonts, runs: list[tuple[str, Look]], width: float) -> None:
    lines = broken(runs, width, fonts)
    texts = ["".join(piece.text for piece in line) for line in lines]
    assert "".join(texts).replace(" ", "") == "".join(text for text, _ in runs).replace(" ", "")
    for line, text in zip(lines, texts, strict=True):
        assert width_of(line) <= width + 0.001 or len(text.strip()) == 1
        assert not text.endswith(" ")


def test_lines_end_after_spaces_and_long_words_anywhere(fonts: Fonts) -> None:
    look = Look(10, ("mono", ""))
    width = fonts.width("x" * 6, look.face, look.size) + 0.01

    def texts(text: str) -> list[str]:
        return ["".join(piece.text for piece in line) for line in broken([(text, look)], width, fonts)]

    assert texts("ab cd ef") == ["ab cd", "ef"]
    assert texts("ab cdefghijkl m") == ["ab", "cdefgh", "ijkl m"]
    assert texts("  ab") == ["  ab"]
    assert texts("") == [""]


def test_a_word_of_two_looks_stays_together(fonts: Fonts) -> None:
    look = Look(10)
    width = fonts.width("some text", look.face, look.size)
    lines = broken([("some te", look), ("xts", Look(10, ("text", "B")))], width, fonts)
    assert ["".join(piece.text for piece in line) for line in lines] == ["some", "texts"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("e\u0301", "é"),  # composed
        ("→", "→"),
        ("\u00ad\u200b\ufe0f\U0001f3fd", "\u00ad\u200b"),  # what is not seen needs no font
        ("\u3000", " "),
        ("漢\U0010ffff\ud800", "□□□"),
    ],
)
def test_each_character_comes_from_a_font_that_has_it(fonts: Fonts, text: str, shown: str) -> None:
    assert "".join(part for _, part in fonts.split(text, ("text", ""))) == shown


def test_missing_characters_are_told() -> None:
    with Fonts(FPDF()) as fonts:
        list(fonts.split("Ωж→√😀□", ("text", "")))
        assert not fonts.is_missing
        list(fonts.split("漢", ("text", "")))
        assert fonts.is_missing
