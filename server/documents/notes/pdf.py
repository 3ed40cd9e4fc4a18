"""Notes as a PDF, with links, an outline, and numbers at the feet.

Only scripts whose letters stand side by side from left to right can be set: Latin, Greek, Cyrillic, and symbols.
"""

from datetime import datetime

from fpdf import FPDF

from server.documents.notes.fonts import Fonts
from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.lines import Look, broken, pieces, width_of
from server.documents.notes.pages import LEFT, Page, Sheet, Words, compose, words_of
from server.documents.notes.tree import Notes
from server.edition import Paper

_COLOURS = {
    "ink": (31, 35, 40),
    "quiet": (92, 99, 107),
    "accent": (28, 95, 184),
    "line": (213, 217, 222),
    "soft": (243, 244, 246),
}
_FOOT = Look(8.5, colour="quiet")
_FOOT_HEIGHT = 38
"""From its base line to the edge of the paper."""


def to_pdf(notes: Notes, header: Header, made_at: datetime, labels: Labels = ENGLISH, paper: Paper = Paper.A4) -> bytes:
    """Return the notes as a PDF, the same bytes for the same notes.

    Takes up to a second for twenty pages, which is for a thread.
    """
    sheet = Sheet(*paper.size)
    pdf = FPDF(unit="pt", format=paper.size)
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(made_at)
    pdf.set_title(header.title or header.room)
    pdf.set_lang(labels.language)
    with Fonts(pdf) as fonts:
        pages = compose(notes, header, labels, fonts, sheet)
        painter = _Painter(pdf)
        for number, page in enumerate(pages, 1):
            page.words += _foot(header.title, labels, number, len(pages), fonts, sheet)
            painter.paint(page)
        return bytes(pdf.output())


def _foot(title: str, labels: Labels, number: int, count: int, fonts: Fonts, sheet: Sheet) -> list[Words]:
    page = list(pieces(labels.page.replace("{page}", str(number)).replace("{pages}", str(count)), _FOOT, fonts))
    x, y = sheet.right - width_of(page), sheet.height - _FOOT_HEIGHT
    name = broken([(title, _FOOT)], x - LEFT - 24, fonts)[0]
    return [*words_of(name, LEFT, y), *words_of(page, x, y)]


class _Painter:
    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf

    def paint(self, page: Page) -> None:
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
