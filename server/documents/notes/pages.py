"""Puts blocks on the pages of a PDF: what stands where, in points from the top left, and not how it is painted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from server.documents.notes.labels import Header, Labels
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    HardBreak,
    Heading,
    HorizontalRule,
    Inline,
    Marks,
    Mention,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
    Timestamp,
    text_of,
)
from server.printing.fonts import Face, Fonts
from server.printing.lines import Line, Look, broken, pieces, width_of
from server.printing.sheets import LEFT, TOP, Area, Bookmark, Page, Sheet, words_of

_BODY = Look(10.5)
_QUIET = Look(9, colour="quiet")
_TITLE = Look(22, ("text", "B"))
_HEADINGS = {1: Look(15, ("text", "B")), 2: Look(12.5, ("text", "B")), 3: Look(10.5, ("text", "B"))}
_CODE = Look(9, ("mono", ""))
_BOX = Look(12, ("symbols", ""))
_LEADING = 1.5
_TIGHT = 1.25
_GAP = 7.0
_BLOCK_GAP = 11.0
_ITEM_GAP = 3.0
_INDENT = 18.0
_QUOTE_INDENT = 14.0
_MAX_LEFT = LEFT + 220
"""However deep lists are, there is room for words."""
_PADDING = 6.0


def compose(notes: Notes, header: Header, labels: Labels, fonts: Fonts, sheet: Sheet) -> list[Page]:
    """Return the pages of a PDF, without their feet."""
    composer = _Composer(fonts, labels, sheet)
    composer.header(header)
    above = composer.advances
    composer.blocks(notes.content)
    if composer.advances == above:
        composer.aside(labels.empty)
    if notes.is_cut:
        composer.aside(labels.cut)
    if fonts.is_missing:
        composer.aside(labels.missing)
    return composer.pages


class _Composer:
    def __init__(self, fonts: Fonts, labels: Labels, sheet: Sheet) -> None:
        self.pages = [Page()]
        self.advances = 0
        self._fonts = fonts
        self._labels = labels
        self._sheet = sheet
        self._y = TOP
        self._left = LEFT
        self._gap = 0.0
        """White space that is due before the next line."""
        self._markers: list[tuple[float, Line]] = []
        """What stands left of the next line: of an item that begins with a list, its marker and that of the list."""
        self._bars: list[float] = []
        self._bars_above: list[float] = []
        self._level = -1

    def header(self, header: Header) -> None:
        """Put the title on top."""
        if header.title:
            self._lines([(header.title, _TITLE)], _TIGHT)
        if about := " · ".join(part for part in (header.room, header.held_on) if part):
            self._space(3)
            self._lines([(about, replace(_QUIET, size=10))])
        if header.title or about:
            self._space(8)
            self._rule()
            self._space(14)

    def aside(self, text: str) -> None:
        """Put a remark that is not part of the notes."""
        self._space(2 * _GAP)
        self._lines([(text, replace(_QUIET, face=("text", "I")))])

    def blocks(self, blocks: Iterable[Block], gap: float = _GAP) -> None:
        """Put blocks below each other."""
        for block in blocks:
            self._space(gap)
            self._block(block)
            self._space(gap)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph(content):
                self._content(content, _BODY)
            case Heading(level, content):
                self._heading(level, content)
            case CodeBlock(text):
                self._space(_BLOCK_GAP)
                self._code(text)
                self._space(_BLOCK_GAP)
            case HorizontalRule():
                self._space(2 * _GAP)
                self._rule()
                self._space(2 * _GAP)
            case Blockquote(content):
                self._space(_BLOCK_GAP)
                self._bars.append(self._left)
                self._within(_QUOTE_INDENT, lambda: self.blocks(content))
                self._bars.pop()
                self._space(_BLOCK_GAP)
            case BulletList(items):
                bullet = list(pieces("•", _BODY, self._fonts))
                for item in items:
                    self._item(bullet, _INDENT, item.content)
            case OrderedList(start, items):
                numbers = [list(pieces(f"{start + n}.", _BODY, self._fonts)) for n in range(len(items))]
                indent = max(_INDENT, max(map(width_of, numbers)) + 6)
                for number, item in zip(numbers, items, strict=True):
                    self._item(number, indent, item.content)
            case TaskList(tasks):
                for task in tasks:
                    self._task(task)

    def _heading(self, level: int, content: Sequence[Inline]) -> None:
        text = " ".join(text_of(content).split())
        if not text:
            return
        look = _HEADINGS[level]
        self._space(look.size * 1.3)
        self._keep(self._gap + look.size * _TIGHT + 2 * _BODY.size * _LEADING)
        self._level = min(level - 1, self._level + 1)
        self._page.bookmarks.append(Bookmark(self._y, self._level, text))
        self._content(content, look, _TIGHT)
        self._gap = 4

    def _task(self, task: TaskItem) -> None:
        about = self._labels.about(task.owner_name, task.due)

        def put() -> None:
            self.blocks(task.said, _ITEM_GAP)
            if about:
                self._gap = 0
                self._lines([(about, _QUIET)])
            self.blocks(task.below, _ITEM_GAP)

        self._marked(list(pieces("☑" if task.is_done else "☐", _BOX, self._fonts)), _INDENT + 2, put)

    def _item(self, marker: Line, indent: float, content: Iterable[Block]) -> None:
        self._marked(marker, indent, lambda: self.blocks(content, _ITEM_GAP))

    def _marked(self, marker: Line, indent: float, put: Callable[[], None]) -> None:
        self._space(_ITEM_GAP)
        self._markers.append((self._left, marker))
        self._within(indent, put)
        if self._markers:  # nothing was put beside it
            self._markers.pop()
        self._space(_ITEM_GAP)

    def _within(self, indent: float, put: Callable[[], None]) -> None:
        left = self._left
        self._left = min(left + indent, _MAX_LEFT)
        put()
        self._left = left

    def _content(self, content: Sequence[Inline], look: Look, leading: float = _LEADING) -> None:
        lines: list[list[tuple[str, Look]]] = [[]]
        for inline in content:
            if isinstance(inline, HardBreak):
                lines.append([])
            else:
                lines[-1].append(_run(inline, look))
        while lines and not lines[-1]:
            lines.pop()
        for runs in lines:
            self._lines(runs, leading)

    def _lines(self, runs: Iterable[tuple[str, Look]], leading: float = _LEADING) -> None:
        runs = list(runs)
        size = max((look.size for _, look in runs), default=_BODY.size)
        lines = broken(runs, self._sheet.right - self._left, self._fonts)
        self._keep(self._gap + min(2, len(lines)) * size * leading)
        for line in lines:
            self._line(line, size, leading)

    def _code(self, text: str) -> None:
        self._pad()
        for row in text.expandtabs(4).split("\n"):
            self._within(_PADDING, lambda row=row: self._code_row(row))  # type: ignore[misc]
        self._pad()

    def _code_row(self, row: str) -> None:
        for line in broken([(row, _CODE)], self._sheet.right - _PADDING - self._left, self._fonts):
            self._line(line, _CODE.size, _LEADING, shade_from=self._left - _PADDING)

    def _pad(self) -> None:
        self._advance(_PADDING, shade_from=self._left)

    def _rule(self) -> None:
        self._advance(0.75)
        self._page.areas.append(Area(self._left, self._y - 0.75, self._sheet.right - self._left, 0.75, "line"))

    def _line(self, line: Line, size: float, leading: float, shade_from: float | None = None) -> None:
        self._advance(size * leading, shade_from)
        base = self._y - size * leading / 2 + size * 0.34
        for left, marker in self._markers:
            self._put(left, base, marker)
        self._markers = []
        self._put(self._left, base, line)

    def _put(self, x: float, base: float, line: Line) -> None:
        self._page.words += words_of(line, x, base)
        for piece in line:
            look = piece.look
            if look.is_shaded:
                self._page.areas.append(
                    Area(x - 1.5, base - look.size * 0.92, piece.width + 3, look.size * 1.24, "soft")
                )
            if look.is_underline:
                self._page.areas.append(Area(x, base + look.size * 0.13, piece.width, look.size * 0.05, look.colour))
            if look.is_strike:
                self._page.areas.append(Area(x, base - look.size * 0.3, piece.width, look.size * 0.06, look.colour))
            x += piece.width

    @property
    def _page(self) -> Page:
        return self.pages[-1]

    def _space(self, gap: float) -> None:
        self._gap = max(self._gap, gap)

    def _keep(self, height: float) -> None:
        """Begin a page unless there is room for what must not be parted."""
        if self._y + height > self._sheet.bottom and self._y > TOP:
            self.pages.append(Page())
            self._y = TOP
            self._gap = 0

    def _advance(self, height: float, shade_from: float | None = None) -> None:
        self._keep(self._gap + height)
        self.advances += 1
        gap = self._gap if self._y > TOP else 0
        for bar, above in zip(self._bars, self._bars_above, strict=False):
            if bar == above:
                self._page.areas.append(Area(bar, self._y, 2, gap, "line"))
        self._y += gap
        self._gap = 0
        for bar in self._bars:
            self._page.areas.append(Area(bar, self._y, 2, height, "line"))
        self._bars_above = list(self._bars)
        if shade_from is not None:
            self._page.areas.append(Area(shade_from, self._y, self._sheet.right - shade_from, height, "soft"))
        self._y += height


def _run(inline: Inline, look: Look) -> tuple[str, Look]:
    match inline:
        case Text(text, marks):
            return text, _marked_look(marks, look)
        case Mention():
            return text_of([inline]), replace(look, face=_face(look.face, Marks(is_bold=True)))
        case Timestamp():
            return text_of([inline]), replace(look, size=look.size * 0.875, is_shaded=True)
        case HardBreak():
            raise AssertionError("ends a line")


def _marked_look(marks: Marks, look: Look) -> Look:
    if marks.is_code:
        look = replace(look, face=_CODE.face, size=look.size * 0.9, is_shaded=True)
    return replace(
        look,
        face=_face(look.face, marks),
        colour="accent" if marks.href else look.colour,
        is_underline=marks.is_underline or marks.href is not None,
        is_strike=marks.is_strike,
        href=marks.href,
    )


def _face(face: Face, marks: Marks) -> Face:
    family, style = face
    if family != "text":
        return face
    styles = {"B": marks.is_bold or "B" in style, "I": marks.is_italic or "I" in style}
    return family, "".join(name for name, is_set in styles.items() if is_set)
