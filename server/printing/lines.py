"""Breaks text of several looks into lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from server.printing.fonts import Face, Fonts

_WORDS_AND_SPACES = re.compile(" +|[^ ]+")


@dataclass(frozen=True, slots=True)
class Look:
    """How text is set; sizes in points."""

    size: float
    face: Face = ("text", "")
    colour: str = "ink"
    is_underline: bool = False
    is_strike: bool = False
    is_shaded: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one look that its font has, on one line; the width in points."""

    text: str
    look: Look
    width: float


Line = list[Piece]


def width_of(line: Iterable[Piece]) -> float:
    """Return how wide a line is, in points."""
    return sum(piece.width for piece in line)


def pieces(text: str, look: Look, fonts: Fonts) -> Iterator[Piece]:
    """Yield text with the fonts that have it."""
    for face, part in fonts.split(text, look.face):
        yield Piece(part, replace(look, face=face), fonts.width(part, face, look.size))


def broken(runs: Iterable[tuple[str, Look]], width: float, fonts: Fonts) -> list[Line]:
    """Return one line of text as the lines that it takes within `width`, in points; always at least one.

    Lines end after spaces; a word that has no room on a line of its own ends anywhere.
    """
    breaker = _Breaker(width, fonts)
    for text, look in runs:
        for piece in pieces(text, look, fonts):
            for part in _WORDS_AND_SPACES.findall(piece.text):
                breaker.add(Piece(part, piece.look, fonts.width(part, piece.look.face, look.size)))
    return breaker.lines()


class _Breaker:
    def __init__(self, width: float, fonts: Fonts) -> None:
        self._width = width
        self._fonts = fonts
        self._lines: list[Line] = []
        self._line: Line = []
        self._word: Line = []

    def add(self, piece: Piece) -> None:
        """Add a part of a word, or the spaces that end one."""
        if piece.text.startswith(" "):
            self._end_word()
            self._line.append(piece)
        else:
            self._word.append(piece)

    def lines(self) -> list[Line]:
        """Return all lines."""
        self._end_word()
        self._end_line()
        return self._lines

    def _end_word(self) -> None:
        if width_of(self._line) + width_of(self._word) > self._width and any(p.text.strip(" ") for p in self._line):
            self._end_line()
        if width_of(self._line) + width_of(self._word) <= self._width:
            self._line += self._word
        else:
            self._break_word()
        self._word = []

    def _break_word(self) -> None:
        used = width_of(self._line)
        for piece in self._word:
            for character in piece.text:
                width = self._fonts.width(character, piece.look.face, piece.look.size)
                if used + width > self._width and self._line:
                    self._end_line()
                    used = 0
                self._line.append(Piece(character, piece.look, width))
                used += width

    def _end_line(self) -> None:
        while self._line and not self._line[-1].text.strip(" "):
            self._line.pop()
        self._lines.append(
            [
                Piece("".join(piece.text for piece in same), look, width_of(same))
                for look, group in groupby(self._line, lambda piece: piece.look)
                if (same := list(group))
            ]
        )
        self._line = []
