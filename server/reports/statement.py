"""A statement as a PDF: one person's hours in one term, pair by pair, to be signed and handed on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from protocol.hours import EntryState
from server.edition import Paper
from server.printing.file import PdfFile, foot
from server.printing.fonts import Fonts
from server.printing.lines import Line, Look, width_of
from server.printing.sheets import LEFT, TOP, Area, Bookmark, Page, Sheet, words_of
from server.reports.labels import ENGLISH, ReportLabels
from server.reports.prints import clock, seal, shortened
from server.reports.rows import Entry, Statement, StatementPair
from server.reports.text import one_line
from server.reports.totals import Totals

_TITLE = Look(20, ("text", "B"))
_PERSON = Look(14)
_HEADING = Look(11.5, ("text", "B"))
_BODY = Look(8.5)
_BOLD = Look(8.5, ("text", "B"))
_SUM = Look(11, ("text", "B"))
_QUIET = Look(8, colour="quiet")
_HEAD = Look(8, ("text", "B"), colour="quiet")
_LEADING = 1.4
_CELL_PADDING = 3.5
_GUTTER = 8.0
_MAX_LINES = 3
"""Of a cell: whoever writes more is read in the log."""
_HEAD_Y = 40.0
_SEAL_Y = 26.0
"""From its base line to the edge of the paper: below the page's number."""
_SIGNATURES_HEIGHT = 90.0
"""Of the sum, and of the lines below it."""
_ROWS_HEIGHT = 100.0
"""Of a table's head and its first row."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table, in points."""

    x: float
    width: float
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    look: Look = _BODY
    below: str = ""
    """A remark under it."""


def to_statement(statement: Statement, labels: ReportLabels = ENGLISH, paper: Paper = Paper.A4) -> bytes:
    """Return a statement as a PDF; the same bytes for the same statement.

    Takes about two seconds for 5,000 entries, which is for a thread.
    """
    sheet = Sheet(*paper.size)
    person = one_line(statement.person)
    title = f"{labels.statement}, {person}, {one_line(statement.term)}"
    with PdfFile(sheet, title, labels.language, statement.about.made_at) as file:
        composer = _Composer(statement, labels, file.fonts, sheet)
        composer.compose()
        for number, page in enumerate(composer.pages, 1):
            page.words += foot(title, labels.page_number(number, len(composer.pages)), file.fonts, sheet)
            page.words += words_of(seal(statement.about, labels, file.fonts), LEFT, sheet.height - _SEAL_Y)
            file.add(page)
        return file.written()


class _Composer:
    def __init__(self, statement: Statement, labels: ReportLabels, fonts: Fonts, sheet: Sheet) -> None:
        self.pages = [Page()]
        self._statement = statement
        self._about = statement.about
        self._labels = labels
        self._fonts = fonts
        self._sheet = sheet
        self._y = TOP
        self._columns = self._columns_of((56, 46, 62, None, 54, 44, 44), right_from=5)
        self._pair_columns = self._columns_of((None, 96, 46, 62, 62), right_from=2)

    def compose(self) -> None:
        """Put everything on pages."""
        labels, statement = self._labels, self._statement
        totals = [Totals.of(pair.entries, self._about.counting) for pair in statement.pairs]
        total = Totals.of((entry for pair in statement.pairs for entry in pair.entries), self._about.counting)
        self._header(total)
        if not any(total.entries for total in totals):
            self._y += 14
            self._paragraph(labels.nothing, replace(_BODY, face=("text", "I")))
        if len(statement.pairs) > 1:
            self._overview(totals)
        for pair, subtotal in zip(statement.pairs, totals, strict=True):
            if subtotal.entries:
                self._pair(pair, subtotal)
        if self._fonts.is_missing:
            self._y += 10
            self._paragraph(labels.missing, replace(_QUIET, face=("text", "I")))
        self._closing(total)

    def _header(self, total: Totals) -> None:
        labels, about = self._labels, self._about
        self._paragraph(labels.statement, _TITLE)
        self._paragraph(one_line(self._statement.person), _PERSON, most=2)
        self._y += 8
        self._area(0.75, "line")
        self._y += 8
        facts = [
            (labels.programme, f"{one_line(about.programme)} · {one_line(self._statement.term)}"),
            (labels.period_of, f"{labels.period_from(about)} ({about.zone.key})"),
            (labels.made, labels.made_on(about)),
        ]
        for name, fact in facts:
            self._fact(name, one_line(fact))
        self._y += 6
        self._fact(labels.counted, labels.length(total.minutes), _SUM)
        kinds = sorted(total.by_contact_type.items(), key=lambda item: (-item[1], item[0]))
        if len(kinds) > 1:
            self._fact("", " · ".join(f"{labels.contact_types[kind]} {clock(minutes)}" for kind, minutes in kinds))
        if total.waiting_minutes:
            self._fact(labels.waiting, labels.length(total.waiting_minutes))
        if total.disputed_minutes:
            self._fact(labels.disputed, labels.length(total.disputed_minutes))

    def _fact(self, name: str, fact: str, look: Look = _BODY) -> None:
        columns = self._columns_of((92, None))
        self._row(columns, (_Cell(name, replace(look, face=_BODY.face, colour="quiet")), _Cell(fact, look)), padding=1)

    def _overview(self, totals: Sequence[Totals]) -> None:
        labels = self._labels
        self._heading(labels.summary)
        self._heads(self._pair_columns, (labels.pair, labels.kind, labels.entries, labels.measured, labels.counted))
        for pair, total in zip(self._statement.pairs, totals, strict=True):
            self._row(
                self._pair_columns,
                (
                    _Cell(self._name(pair)),
                    _Cell(labels.pair_kinds[pair.pair.kind]),
                    _Cell(str(total.entries)),
                    _Cell(_exact(total.measured_ms)),
                    _Cell(clock(total.minutes)),
                ),
                is_lined=True,
            )

    def _pair(self, pair: StatementPair, total: Totals) -> None:
        labels = self._labels
        name = self._name(pair)
        self._heading(f"{name} · {labels.pair_kinds[pair.pair.kind]}")
        self._pair_heads()
        sums = (labels.total, "", "", "", "", _exact(total.measured_ms), clock(total.minutes))
        for entry in pair.entries:
            if entry.state is not EntryState.WITHDRAWN:
                self._pair_row(name, self._cells(entry, pair.pair.mentor), is_lined=True)
        self._pair_row(name, [_Cell(text, _BOLD) for text in sums], is_filled=True)

    def _pair_row(self, name: str, cells: Sequence[_Cell], *, is_lined: bool = False, is_filled: bool = False) -> None:
        if not self._row(self._columns, cells, is_lined=is_lined, is_filled=is_filled, is_optional=True):
            self._break()
            self._paragraph(self._labels.continued.format(text=name), _QUIET, most=1)
            self._pair_heads()
            self._row(self._columns, cells, is_lined=is_lined, is_filled=is_filled)

    def _pair_heads(self) -> None:
        labels = self._labels
        heads = (labels.day_of, labels.time, labels.contact, labels.room, labels.state)
        self._heads(self._columns, (*heads, labels.measured, labels.counted))

    def _cells(self, entry: Entry, mentor: str) -> Sequence[_Cell]:
        labels = self._labels
        look = _BODY if self._about.counting.counts(entry.state) else replace(_BODY, colour="quiet")
        where = labels.by_hand if entry.measured_ms is None and not entry.room else one_line(entry.room or "")
        opened_at = entry.meeting_opened_at
        began = None if opened_at is None else datetime.fromtimestamp(opened_at / 1_000, self._about.zone)
        remarks = [f"{labels.mentor}: {entry.mentor}"] if entry.mentor != mentor else []
        remarks += [entry.text] if entry.text else []
        credited = clock(entry.credited_minutes)
        return (
            _Cell(labels.short(entry.day), look),
            _Cell(f"{began:%H:%M %Z}" if began else "", look),
            _Cell(labels.contact_types[entry.contact_type], look),
            _Cell(where, look, one_line(" · ".join(remarks))),
            _Cell(labels.states[entry.state], look),
            _Cell("" if entry.measured_ms is None else _exact(entry.measured_ms), look),
            _Cell(credited if self._about.counting.counts(entry.state) else f"({credited})", look),
        )

    def _closing(self, total: Totals) -> None:
        """Put the rules, what is signed, and the lines to sign on: always on the same page."""
        rules = self._labels.rules(self._about.counting)
        if total.waiting_minutes or total.disputed_minutes:
            rules += (self._labels.counting_brackets,)
        width = self._sheet.right - LEFT
        lines = [line for rule in rules for line in self._broken(rule, _QUIET, width, None)]
        self._heading(self._labels.counting, len(lines) * _QUIET.size * _LEADING + _SIGNATURES_HEIGHT)
        self._put(lines, _QUIET)
        self._y += 14
        signed = f"{self._labels.counted}: {self._labels.length(total.minutes)}"
        self._put(self._broken(signed, _SUM, width, 1), _SUM)
        self._signatures()

    def _signatures(self) -> None:
        self._y += 46
        width = (self._sheet.right - LEFT - 32) / 2
        name = one_line(self._statement.person)
        for x, text in (
            (LEFT, self._labels.signature.format(name=name)),
            (LEFT + width + 32, self._labels.coordinator),
        ):
            self._page.areas.append(Area(x, self._y, width, 0.75, "ink"))
            line = self._broken(text, _QUIET, width, 1)[0]
            self._page.words += words_of(line, x, self._y + 12)

    def _name(self, pair: StatementPair) -> str:
        return self._labels.pair_of.format(mentor=one_line(pair.pair.mentor), mentee=one_line(pair.pair.mentee))

    def _heading(self, text: str, room: float = _ROWS_HEIGHT) -> None:
        """Put a heading that stays with what follows, which needs so much room."""
        lines = self._broken(text, _HEADING, self._sheet.right - LEFT, 2)
        self._keep(20 + len(lines) * _HEADING.size * _LEADING + 3 + room)
        self._y += 20 if self._y > TOP else 0
        self._page.bookmarks.append(Bookmark(self._y, 0, text))
        self._put(lines, _HEADING)
        self._y += 3

    def _heads(self, columns: Sequence[_Column], names: Iterable[str]) -> None:
        self._row(columns, [_Cell(name, _HEAD) for name in names])
        self._area(0.75, "ink")

    def _row(
        self,
        columns: Sequence[_Column],
        cells: Sequence[_Cell],
        *,
        padding: float = _CELL_PADDING,
        is_lined: bool = False,
        is_filled: bool = False,
        is_optional: bool = False,
    ) -> bool:
        """Put a row of a table. On a page that has no room for it, begin another; an optional one is left out."""
        texts = [
            (
                self._broken(cell.text, cell.look, column.width, _MAX_LINES) if cell.text else [],
                self._broken(cell.below, _QUIET, column.width, _MAX_LINES) if cell.below else [],
                cell.look,
            )
            for column, cell in zip(columns, cells, strict=True)
        ]
        height = 2 * padding + max(
            _LEADING * (len(lines) * look.size + len(below) * _QUIET.size) for lines, below, look in texts
        )
        if self._y + height > self._sheet.bottom:
            if is_optional:
                return False
            self._break()
        if is_filled:
            self._page.areas.append(Area(LEFT, self._y, self._sheet.right - LEFT, height, "soft"))
        top = self._y + padding
        for column, (lines, below, look) in zip(columns, texts, strict=True):
            self._y = top
            self._put(lines, look, column)
            self._put(below, _QUIET, column)
        self._y = top - padding + height
        if is_lined:
            self._area(0.5, "line")
        return True

    def _paragraph(self, text: str, look: Look, most: int | None = None) -> None:
        for line in self._broken(text, look, self._sheet.right - LEFT, most):
            self._keep(look.size * _LEADING)
            self._put([line], look)

    def _put(self, lines: Iterable[Line], look: Look, column: _Column | None = None) -> None:
        for line in lines:
            x = column.x if column else LEFT
            if column and column.is_right:
                x += column.width - width_of(line)
            base = self._y + look.size * (_LEADING / 2 + 0.34)
            self._page.words += words_of(line, x, base)
            self._y += look.size * _LEADING

    def _broken(self, text: str, look: Look, width: float, most: int | None) -> list[Line]:
        return shortened(text, look, width, self._fonts, most)

    def _area(self, height: float, colour: str) -> None:
        self._page.areas.append(Area(LEFT, self._y, self._sheet.right - LEFT, height, colour))
        self._y += height

    def _keep(self, height: float) -> None:
        if self._y + height > self._sheet.bottom and self._y > TOP:
            self._break()

    def _break(self) -> None:
        """Begin a page, which says whose it is."""
        self.pages.append(Page())
        text = f"{one_line(self._statement.person)} · {one_line(self._statement.term)}"
        self._page.words += words_of(self._broken(text, _QUIET, self._sheet.right - LEFT, 1)[0], LEFT, _HEAD_Y)
        self._page.areas.append(Area(LEFT, _HEAD_Y + 7, self._sheet.right - LEFT, 0.5, "line"))
        self._y = TOP

    def _columns_of(self, widths: Sequence[float | None], right_from: int = 99) -> Sequence[_Column]:
        """Return columns of these widths; the one without gets what is left."""
        total = self._sheet.right - LEFT - _GUTTER * (len(widths) - 1)
        rest = total - sum(width for width in widths if width is not None)
        columns, x = [], LEFT
        for number, given in enumerate(widths):
            width = rest if given is None else given
            columns.append(_Column(x, width, number >= right_from))
            x += width + _GUTTER
        return columns

    @property
    def _page(self) -> Page:
        return self.pages[-1]


def _exact(length_ms: int) -> str:
    seconds = length_ms // 1_000
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
