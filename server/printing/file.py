"""Paints pages into a PDF file by fpdf2.

Only scripts whose letters stand side by side from left to right can be set: Latin, Greek, Cyrillic, and symbols.
"""

from datetime import datetime
from typing import Self

from fpdf import FPDF

from server.printing.fonts import Fonts
from server.printing.lines import Look, broken, pieces, width_of
from server.printing.sheets import LEFT, Page, Sheet, Words, words_of

_COLOURS = {
    "ink": (31, 35, 40),
    "quiet": (92, 99, 107),
    "accent": (28, 95, 184),
    "line": (213, 217, 222),
    "soft": (243, 244, 246),
}
FOOT = Look(8.5, colour="quiet")
FOOT_HEIGHT = 38
"""From its base line to the edge of the paper."""


class PdfFile:
    """A PDF while it is written; its fonts are open as long as this is a context."""

    def __init__(self, sheet: Sheet, title: str, language: str, made_at: datetime) -> None:
        self._pdf = FPDF(unit="pt", format=(sheet.width, sheet.height))
        self._pdf.set_auto_page_break(False)
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self.fonts = Fonts(self._pdf)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.fonts.close()

    def add(self, page: Page) -> None:
        """Paint one more page."""
        pdf = self._pdf
        pdf.add_page()
        for area in page.areas:
            pdf.set_fill_color(*_COLOURS[area.colour])
            pdf.rect(area.x, area.y, area.width, area.height, style="F")
        for bookmark in page.bookmarks:
            pdf.set_y(bookmark.y)
            pdf.start_section(bookmark.text, bookmark.level)
        for words in page.words:
            look = words.piece.look
            pdf.set_font(*look.face, look.size)
            pdf.set_text_color(*_COLOURS[look.colour])
            pdf.text(words.x, words.y, words.piece.text)
            if look.href:
                pdf.link(words.x, words.y - look.size, words.piece.width, look.size * 1.3, look.href)

    def written(self) -> bytes:
        """Return the file: the same bytes for the same pages."""
        return bytes(self._pdf.output())


def foot(title: str, page_number: str, fonts: Fonts, sheet: Sheet) -> list[Words]:
    """Return what stands below everything on a page; of the title only what has room."""
    number = list(pieces(page_number, FOOT, fonts))
    x, y = sheet.right - width_of(number), sheet.height - FOOT_HEIGHT
    name = broken([(title, FOOT)], x - LEFT - 24, fonts)[0]
    return [*words_of(name, LEFT, y), *words_of(number, x, y)]
