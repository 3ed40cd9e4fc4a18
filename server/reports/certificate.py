"""A certificate of hours as a PDF: one page to be signed, framed, and held against the hours log."""

from dataclasses import replace

from server.edition import Paper
from server.printing.file import PdfFile
from server.printing.fonts import Fonts
from server.printing.lines import Line, Look, width_of
from server.printing.sheets import Area, Page, Sheet, words_of
from server.reports.labels import ENGLISH, ReportLabels
from server.reports.prints import clock, seal, shortened
from server.reports.rows import Certificate
from server.reports.text import one_line

_FRAMES = ((24.0, 2.25, "accent"), (31.0, 0.75, "line"))
"""Distance from the edge of the paper, thickness, colour."""
_MARGIN = 84.0
_PROGRAMME = Look(12, ("text", "B"), colour="accent")
_TITLE = Look(31, ("text", "B"))
_BODY = Look(12.5)
_QUIET = Look(10, colour="quiet")
_PERSON = Look(30)
_HOURS = Look(24, ("text", "B"), colour="accent")
_SMALLEST = 20.0
"""Of what is set smaller to have room on one line; beyond, it takes two."""
_NAME_WIDTH = 300.0
_SIGNATURE_WIDTH = 220.0
_SIGNATURE_ROOM = 40.0
"""For a pen."""
_SIGNATURE_Y = 112.0
_SEAL_Y = 44.0
"""From the edge of the paper below."""


def to_certificate(certificate: Certificate, labels: ReportLabels = ENGLISH, paper: Paper = Paper.A4) -> bytes:
    """Return a certificate as a PDF of one page; the same bytes for the same certificate."""
    height, width = paper.size
    sheet = Sheet(width, height)
    about = certificate.about
    title = f"{labels.certificate}, {one_line(certificate.person)}"
    with PdfFile(sheet, title, labels.language, about.made_at) as file:
        composer = _Composer(certificate, labels, file.fonts, sheet)
        composer.compose()
        file.add(composer.page)
        return file.written()


class _Composer:
    def __init__(self, certificate: Certificate, labels: ReportLabels, fonts: Fonts, sheet: Sheet) -> None:
        self.page = Page()
        self._certificate = certificate
        self._about = certificate.about
        self._labels = labels
        self._fonts = fonts
        self._sheet = sheet
        self._y = 0.0

    def compose(self) -> None:
        """Put everything on the page."""
        labels, certificate = self._labels, self._certificate
        self._centred(one_line(self._about.programme), _PROGRAMME, 1)
        self._y += 6
        self._centred(labels.certificate, _TITLE, 1)
        self._y += 24
        self._centred(labels.certifies, _BODY)
        self._y += 8
        name = self._centred(one_line(certificate.person), _PERSON, 2)
        self._rule(min(max(_NAME_WIDTH, name + 40), self._width))
        self._y += 16
        self._centred(labels.has_completed, _BODY)
        self._centred(labels.length(certificate.minutes), _HOURS, 1)
        self._centred(labels.of_mentoring.format(period=labels.period_from(self._about)), _BODY, 2)
        self._y += 12
        kinds = sorted(certificate.by_contact_type.items(), key=lambda item: (-item[1], item[0]))
        if kinds:
            by_kind = " · ".join(f"{labels.contact_types[kind]} {clock(minutes)}" for kind, minutes in kinds)
            self._centred(by_kind, _QUIET, 1)
        self._centred(labels.certified[self._about.counting.counts_from], _QUIET, 1)
        if certificate.has_several_at_once:
            self._centred(labels.several_at_once, _QUIET, 1)
        self._move_to_the_middle()
        for distance, thickness, colour in _FRAMES:
            self._frame(distance, thickness, colour)
        self._signatures()
        self._foot()

    def _move_to_the_middle(self) -> None:
        """Put what was put so far, from the top on, as far from the frame as from the signatures."""
        bottom = self._sheet.height - _SIGNATURE_Y - _SIGNATURE_ROOM
        down = (_FRAMES[-1][0] + bottom - self._y) / 2
        self.page.words = [replace(words, y=words.y + down) for words in self.page.words]
        self.page.areas = [replace(area, y=area.y + down) for area in self.page.areas]

    def _signatures(self) -> None:
        left = self._sheet.width / 2 - _SIGNATURE_WIDTH - 30
        right = self._sheet.width / 2 + 30
        y = self._sheet.height - _SIGNATURE_Y
        for x, text in ((left, self._labels.approved_by), (right, self._labels.date_of)):
            self.page.areas.append(Area(x, y, _SIGNATURE_WIDTH, 0.75, "ink"))
            line = shortened(text, replace(_QUIET, size=9), _SIGNATURE_WIDTH, self._fonts, 1)[0]
            self.page.words += words_of(line, x + (_SIGNATURE_WIDTH - width_of(line)) / 2, y + 13)

    def _foot(self) -> None:
        """Put where the figures come from, and what the font lacks."""
        about = self._about
        made = f"{self._labels.made}: {self._labels.made_on(about)} · {about.zone.key}"
        y = self._sheet.height - _SEAL_Y
        self._line(shortened(one_line(made), replace(_QUIET, size=7), self._width, self._fonts, 1)[0], y - 10)
        self._line(seal(about, self._labels, self._fonts), y)
        if self._fonts.is_missing:
            look = replace(_QUIET, size=7, face=("text", "I"))
            self._line(shortened(self._labels.missing, look, self._width, self._fonts, 1)[0], y - 20)

    def _centred(self, text: str, look: Look, most: int | None = None) -> float:
        """Put text in the middle, smaller when that makes it one line; return how wide it is."""
        lines = shortened(text, look, self._width, self._fonts)
        while len(lines) > 1 and look.size > _SMALLEST:
            look = replace(look, size=max(_SMALLEST, look.size - 1))
            lines = shortened(text, look, self._width, self._fonts)
        lines = shortened(text, look, self._width, self._fonts, most)
        for line in lines:
            self._y += look.size * 1.45
            self._line(line, self._y - look.size * 0.4)
        return max(map(width_of, lines))

    def _line(self, line: Line, y: float) -> None:
        self.page.words += words_of(line, (self._sheet.width - width_of(line)) / 2, y)

    def _rule(self, width: float) -> None:
        self.page.areas.append(Area((self._sheet.width - width) / 2, self._y, width, 0.75, "line"))

    def _frame(self, distance: float, thickness: float, colour: str) -> None:
        width, height = self._sheet.width - 2 * distance, self._sheet.height - 2 * distance
        far_x, far_y = distance + width - thickness, distance + height - thickness
        self.page.areas += [
            Area(distance, distance, width, thickness, colour),
            Area(distance, far_y, width, thickness, colour),
            Area(distance, distance, thickness, height, colour),
            Area(far_x, distance, thickness, height, colour),
        ]

    @property
    def _width(self) -> float:
        return self._sheet.width - 2 * _MARGIN
