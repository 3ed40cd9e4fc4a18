"""The fonts of a PDF: which of them has a character, and how wide it is there.

They lie in `fonts/`, cut down to Latin, Greek, Cyrillic and symbols. Other scripts and most emoji show as a box.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Self, cast

from fpdf import FPDF
from fpdf.fonts import TTFFont

REPLACEMENT = "□"

Face = tuple[str, str]
"""A family, and of `B` and `I` those that it has."""
_FOLDER = Path(__file__).parent / "fonts"
_FILES: dict[Face, str] = {
    ("text", ""): "NotoSans-Regular.ttf",
    ("text", "B"): "NotoSans-Bold.ttf",
    ("text", "I"): "NotoSans-Italic.ttf",
    ("text", "BI"): "NotoSans-BoldItalic.ttf",
    ("mono", ""): "DejaVuSansMono.ttf",
    ("symbols", ""): "DejaVuSans-Symbols.ttf",
}
_SYMBOLS: Face = ("symbols", "")
_SPACES = ("Zs", "Cc")
_UNSEEN = ("Cf", "Mn", "Sk")
"""What joins, turns or tints its neighbours: alone, it is nothing that is missed."""


class Fonts:
    """The fonts of one document, each loaded when it is first used, and open as long as this is a context."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        self._loaded: dict[Face, TTFFont] = {}
        self._shown: dict[tuple[Face, str], tuple[Face, str]] = {}
        self.is_missing = False
        """Whether there was a character that no font has."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files, which are read until the document is written."""
        for font in self._loaded.values():
            font.close()

    def split(self, text: str, face: Face) -> Iterator[tuple[Face, str]]:
        """Yield the text in parts that one font has; what none has is replaced."""
        shown = [self._find(character, face) for character in unicodedata.normalize("NFC", text)]
        for part_face, part in groupby(shown, lambda found: found[0]):
            if characters := "".join(character for _, character in part):
                yield part_face, characters

    def width(self, text: str, face: Face, size: float) -> float:
        """Return how wide text of this font is, in the unit of `size`."""
        widths = self._font(face).cw
        return size / 1000 * sum(widths[ord(character)] for character in text)

    def _find(self, character: str, face: Face) -> tuple[Face, str]:
        found = self._shown.get((face, character))
        if not found:
            found = self._shown[face, character] = self._look_up(character, face)
        return found

    def _look_up(self, character: str, face: Face) -> tuple[Face, str]:
        if ord(character) in self._font(face).cmap:
            return face, character
        category = unicodedata.category(character)
        if category in _SPACES:
            return face, " "
        if ord(character) in self._font(_SYMBOLS).cmap:
            return _SYMBOLS, character
        if category in _UNSEEN:
            return face, ""
        self.is_missing = True
        return _SYMBOLS, REPLACEMENT

    def _font(self, face: Face) -> TTFFont:
        if face not in self._loaded:
            self._pdf.add_font(*face, _FOLDER / _FILES[face])
            self._pdf.set_font(*face)
            self._loaded[face] = cast(TTFFont, self._pdf.current_font)
        return self._loaded[face]
