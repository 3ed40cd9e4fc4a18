from collections.abc import Iterator

import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.pages import compose
from server.documents.notes.tree import (
    Block,
    Blockquote,
    CodeBlock,
    Heading,
    HorizontalRule,
    ListItem,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
)
from server.edition import Paper
from server.printing.fonts import Fonts
from server.printing.sheets import LEFT, TOP, Page, Sheet
from tests.server.documents.notes.trees import LINES, NOTES

HEADER = Header("Title", "Room", "Day")
A4, LETTER = Sheet(*Paper.A4.size), Sheet(*Paper.LETTER.size)


def said(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def composed(*blocks: Block, header: Header = HEADER, labels: Labels = ENGLISH, is_cut: bool = False) -> list[Page]:
    with Fonts(FPDF()) as fonts:
        return compose(Notes(blocks, is_cut), header, labels, fonts, A4)


def texts(page: Page) -> list[str]:
    return [words.piece.text for words in page.words]


@pytest.fixture(scope="module")
def fonts() -> Iterator[Fonts]:
    with Fonts(FPDF()) as fonts:
        yield fonts


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(notes=NOTES, title=LINES, sheet=st.sampled_from([A4, LETTER]))
def test_nothing_stands_in_the_margins(fonts: Fonts, notes: Notes, title: str, sheet: Sheet) -> None:
    for page in compose(notes, Header(title, title, ""), ENGLISH, fonts, sheet):
        for words in page.words:
            assert LEFT <= words.x <= words.x + words.piece.width <= sheet.right + 0.001
            assert TOP < words.y < sheet.bottom
        for area in page.areas:
            assert LEFT - 2 <= area.x <= area.x + area.width <= sheet.right + 2
            assert TOP - 2 <= area.y <= area.y + area.height <= sheet.bottom + 2


def test_lists_as_deep_as_they_may_be_leave_room_for_words() -> None:
    block: Block = said("words that have room")
    for _ in range(16):
        block = OrderedList(1_000_000, (ListItem((block,)),))
    [page] = composed(block)
    assert "words that have room" in "".join(texts(page)[-3:])


def test_a_heading_stays_with_what_follows() -> None:
    for lines in range(20, 60):
        first, *_ = composed(*[said("line")] * lines, Heading(1, (Text("Heading"),)), said("follows"))
        shown = texts(first)
        assert ("Heading" in shown) == ("follows" in shown)


def test_a_quote_has_its_bar_on_every_page() -> None:
    pages = composed(Blockquote(tuple(said("line") for _ in range(80))))
    assert len(pages) > 1
    assert all(any(area.width == 2 and area.height > 10 for area in page.areas) for page in pages)


def test_an_owner_stands_below_the_task_and_above_its_parts() -> None:
    part = TaskList((TaskItem((said("part"),), is_done=True),))
    [page] = composed(TaskList((TaskItem((said("task"), part), owner_name="Ana"),)), header=Header("", "", ""))
    assert texts(page) == ["☐", "task", "Ana", "☑", "part"]


def test_an_item_that_begins_with_a_list_has_both_markers_on_its_line() -> None:
    inner = OrderedList(7, (ListItem((said("x"),)),))
    [page] = composed(OrderedList(3, (ListItem((inner,)),)), header=Header("", "", ""))
    assert texts(page) == ["3.", "7.", "x"]
    assert len({words.y for words in page.words}) == 1


def test_an_item_with_nothing_in_it_leaves_no_marker_for_another() -> None:
    empty = OrderedList(3, (ListItem((Paragraph(()),)),))
    [page] = composed(empty, said("x"), header=Header("", "", ""))
    assert texts(page) == ["x"]


def test_the_outline_skips_no_level() -> None:
    pages = composed(*(Heading(level, (Text(f"{level}"),)) for level in (3, 2, 1, 3)), Heading(1, ()))
    assert [(mark.text, mark.level) for page in pages for mark in page.bookmarks] == [
        ("3", 0),
        ("2", 1),
        ("1", 0),
        ("3", 1),
    ]


def test_code_keeps_its_lines_and_spaces() -> None:
    [page] = composed(CodeBlock("a\n\n  b\tc"), header=Header("", "", ""))
    assert texts(page) == ["a", "  b c"]
    assert page.words[1].y - page.words[0].y > 20


def test_what_is_cut_missing_or_empty_says_so() -> None:
    labels = Labels(cut="CUT", missing="MISSING", empty="EMPTY")
    assert texts(composed(labels=labels)[0])[-1] == "EMPTY"
    assert texts(composed(HorizontalRule(), said("漢"), labels=labels, is_cut=True)[0])[-2:] == ["CUT", "MISSING"]
