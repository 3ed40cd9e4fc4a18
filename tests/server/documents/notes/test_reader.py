from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map
from pycrdt import Text as SharedText

from server.documents.notes.reader import read_notes
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    HardBreak,
    Heading,
    HorizontalRule,
    Inline,
    ListItem,
    Marks,
    Mention,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
    Timestamp,
)
from server.documents.notes.walk import MAX_DEPTH, MAX_NODES, MAX_TEXT
from tests.server.documents.notes.documents import Child, Chunk, Element, document, element, fixture, paragraph


def said(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def content_of(*children: Child) -> tuple[Block, ...]:
    return read_notes(document(*children)).content


def test_notes_of_two_people_as_the_editor_writes_them() -> None:
    page = Marks(href="https://example.org/fractions?a=1&b=2")
    opened_at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    at = datetime(2026, 11, 22, 15, 12, 34, tzinfo=UTC)
    notes = read_notes(fixture("lesson.yjs"))
    assert not notes.is_cut
    assert notes.content == (
        Heading(1, (Text("Fractions, ½ and ⅓"),)),
        said("By both of us."),
        Paragraph(
            (
                Text("We compared "),
                Text("halves", Marks(is_bold=True)),
                Text(" and ", Marks(is_bold=True, is_italic=True)),
                Text("thirds", Marks(is_italic=True)),
                Text("; see "),
                Text("the ", page),
                Text("page", Marks(is_bold=True, href=page.href)),
                Text(" "),
                Timestamp("m1", at, opened_at),
                HardBreak(),
                Text("Old", Marks(is_strike=True)),
                Text(" "),
                Text("new", Marks(is_underline=True)),
                Text(" "),
                Text("1/2 > 1/3", Marks(is_code=True)),
                Text(" 😀"),
            )
        ),
        BulletList(
            (
                ListItem((said("Pizza"), OrderedList(3, (ListItem((said("cut"),)), ListItem((said("share"),)))))),
                ListItem((said("Ελληνικά, кириллица"),)),
            )
        ),
        Heading(2, (Text("To do"),)),
        TaskList(
            (
                TaskItem(
                    (
                        Paragraph((Text("Bring the worksheet, "), Mention("p2", "Ana"))),
                        TaskList((TaskItem((said("print it"),), is_done=True, item_id="i2"),)),
                    ),
                    item_id="i1",
                    owner_id="p2",
                    owner_name="Ana Pérez",
                    due=date(2026, 11, 30),
                ),
            )
        ),
        Blockquote((said("A half is more than a third."),)),
        CodeBlock("for x in (1/2, 1/3):\n    print(x)"),
        HorizontalRule(),
        said("Next time: decimals."),
    )


def test_what_no_editor_writes_hides_nothing_of_the_rest() -> None:
    notes = read_notes(fixture("strangers.yjs"))
    assert notes.content == (
        said("before"),
        said("behind"),
        said("in a fragment"),
        TaskList((TaskItem((said("odd"),)),)),
        Paragraph((Text("half \ufffd a pair, ", Marks(is_bold=True)),)),
        said("embedded paragraph"),
        said("end"),
    )


def test_reading_changes_nothing() -> None:
    doc = fixture("lesson.yjs")
    seen: list[bytes] = []
    doc.observe(lambda event: seen.append(event.update))
    read_notes(doc)
    assert seen == []


def test_a_document_without_notes_is_empty() -> None:
    assert read_notes(Doc()).content == ()


@pytest.mark.parametrize("root", [Map({"a": 1}), Array([1, "two", None, Map({})]), SharedText("plain")])
def test_notes_of_another_type_are_empty(root: Any) -> None:
    made: Doc[Any] = Doc()
    made["notes"] = root
    doc: Doc[Any] = Doc()
    doc.apply_update(made.get_update())
    assert read_notes(doc).content == ()


def test_unknown_containers_yield_their_text() -> None:
    table = element("table", element("row", paragraph("a"), element("cell", "b")), "c")
    assert content_of(table, paragraph("d")) == (said("a"), said("b"), said("c"), said("d"))


def test_unknown_marks_are_left_out_and_overlapping_ones_are_known() -> None:
    chunk = Chunk(
        "x", {"comment": {"id": 1}, "italic": False, "bold": True, "link--AbCd+/12": {"href": "http://a.example"}}
    )
    assert content_of(paragraph(chunk)) == (Paragraph((Text("x", Marks(is_bold=True, href="http://a.example")),)),)


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//x.example", "ftp://x.example", "http://", "mailto:", "x", 5]
)
def test_only_links_that_are_safe_to_follow(href: object) -> None:
    assert content_of(paragraph(Chunk("x", {"link": {"href": href}}))) == (said("x"),)


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        (" HTTPS://a.example/b c", "HTTPS://a.example/b%20c"),
        ('http://a.example/"><b>\\', "http://a.example/%22%3E%3Cb%3E%5C"),
        ("mailto:ana@school.example?subject=Hello", "mailto:ana@school.example?subject=Hello"),
        ("http://a.example/\njavascript:", "http://a.example/%0Ajavascript:"),
    ],
)
def test_addresses_are_written_so_that_they_end_nothing(href: str, kept: str) -> None:
    assert content_of(paragraph(Chunk("x", {"link": {"href": href}}))) == (Paragraph((Text("x", Marks(href=kept)),)),)


def test_what_stands_in_the_wrong_place_is_kept() -> None:
    assert content_of(element("listItem", paragraph("a"))) == (said("a"),)
    assert content_of(element("bulletList", "a", paragraph("b"), element("taskItem", paragraph("c")))) == (
        BulletList(tuple(ListItem((said(text),)) for text in "abc")),
    )
    assert content_of(element("taskItem", paragraph("a"), itemId="i")) == (
        TaskList((TaskItem((said("a"),), item_id="i"),)),
    )
    assert content_of(element("taskList", element("listItem", "a"))) == (TaskList((TaskItem((said("a"),)),)),)
    assert content_of(paragraph("a", element("bulletList", element("listItem", paragraph("b"), "c")))) == (
        Paragraph((Text("a"), HardBreak(), Text("b"), HardBreak(), Text("c"))),
    )
    assert content_of(paragraph("a", element("horizontalRule"), "b")) == (
        Paragraph((Text("a"), HardBreak(), Text("b"))),
    )
    assert content_of("a", element("hardBreak"), "b") == (Paragraph((Text("a"), HardBreak(), Text("b"))),)
    assert content_of(element("orderedList"), element("blockquote"), element("taskList")) == ()


@pytest.mark.parametrize(
    ("level", "read"),
    [(2.0, 2), (7, 3), (-1e300, 1), (float("inf"), 3), (float("nan"), 1), (True, 1), ("2", 1), (None, 1)],
)
def test_levels_are_one_to_three(level: object, read: int) -> None:
    assert content_of(element("heading", "x", level=level)) == (Heading(read, (Text("x"),)),)


@pytest.mark.parametrize(
    "due", ["2026-02-30", "2026-2-3", "2026-11-30T00:00", "\u0662026-11-30", 20261130, ["2026-11-30"]]
)
def test_a_day_that_is_none_is_none(due: object) -> None:
    [tasks] = content_of(element("taskItem", "x", due=due, checked="true", ownerName=7, itemId={}))
    assert tasks == TaskList((TaskItem((said("x"),)),))


@pytest.mark.parametrize("at", [None, "1", -1, 1e300, float("nan"), True])
def test_a_moment_that_is_none_is_left_out(at: object) -> None:
    assert content_of(paragraph("x", element("timestamp", meetingId="m", at=at, openedAt=0))) == (said("x"),)


def test_mentions_are_names_on_one_line() -> None:
    name = "@\u202eAna\n\x00" + " \t" * 5 + "x" * 1000
    [read] = content_of(paragraph(element("mention", id="p1", label=name), element("mention", id={}, label="")))
    assert read == Paragraph((Mention("p1", "Ana " + "x" * 195),))


def test_control_characters_go_and_lines_stay() -> None:
    assert content_of(paragraph("a\x00\x1b\u202eb\r\nc\u2028d")) == (
        Paragraph((Text("ab"), HardBreak(), Text("c"), HardBreak(), Text("d"))),
    )
    assert content_of(element("codeBlock", "a\n\tb", element("hardBreak"), "c")) == (CodeBlock("a\n\tb\nc"),)


@pytest.mark.parametrize("tag", ["blockquote", "unknown", "paragraph", "taskItem"])
def test_ten_thousand_levels_are_read(tag: str) -> None:
    deep = element("paragraph", "deep")
    for _ in range(10_000):
        deep = element(tag, deep)
    [block] = content_of(deep)
    levels = 1
    while isinstance(block, Blockquote | TaskList):
        [block] = block.content if isinstance(block, Blockquote) else block.items[0].content
        levels += 1
    assert block == said("deep")
    assert levels <= MAX_DEPTH + 1


def test_what_is_too_long_is_cut_and_says_so() -> None:
    notes = read_notes(
        document(paragraph("x" * (MAX_TEXT - 1)), element("bulletList", element("listItem", "yyy")), "z")
    )
    assert notes.content == (said("x" * (MAX_TEXT - 1)), BulletList((ListItem((said("y"),)),)))
    assert notes.is_cut


def test_what_is_too_many_is_cut_and_says_so() -> None:
    quotes = [element("blockquote", *[paragraph()] * 249)] * (MAX_NODES // 250)
    assert not read_notes(document(*quotes)).is_cut
    notes = read_notes(document(*quotes, paragraph("x")))
    assert notes.is_cut
    assert len(notes.content) == len(quotes) + 1


BLOCKS = ["paragraph", "heading", "blockquote", "codeBlock", "horizontalRule", "table", "x"]
LISTS = ["bulletList", "orderedList", "listItem", "taskList", "taskItem"]
TAGS = st.sampled_from([*BLOCKS, *LISTS, "hardBreak", "mention", "timestamp"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=8)
    | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
OF_TASKS = ["checked", "itemId", "ownerId", "ownerName", "due"]
NAMES = st.sampled_from(["level", "start", *OF_TASKS, "id", "label", "at", "openedAt"]) | st.text(max_size=5)
MARKS = st.sampled_from(["bold", "italic", "strike", "underline", "code", "link", "link--AbCdEf12", "x"])
CHILDREN: st.SearchStrategy[Child] = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.builds(
        Chunk,
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
        st.dictionaries(MARKS, VALUES, max_size=3),
    ),
    lambda inner: st.builds(
        Element, TAGS, st.lists(inner, max_size=4).map(tuple), st.dictionaries(NAMES, VALUES, max_size=4)
    ),
    max_leaves=20,
)


def letters(blocks: tuple[Any, ...]) -> list[str]:
    """All text in reading order, from whatever has any."""
    found: list[str] = []
    for block in blocks:
        match block:
            case Text(text) | CodeBlock(text):
                found += text.split()
            case Paragraph(inner) | Heading(content=inner) | Blockquote(inner) | BulletList(inner) | TaskList(inner):
                found += letters(inner)
            case OrderedList(items=inner) | ListItem(inner) | TaskItem(inner):
                found += letters(inner)
    return found


def is_well_formed(inlines: tuple[Inline, ...]) -> bool:
    return all(not isinstance(inline, Text) or (inline.text and "\n" not in inline.text) for inline in inlines)


@given(st.lists(CHILDREN, max_size=6))
def test_any_document_is_read(children: list[Child]) -> None:
    for block in content_of(*children):
        if isinstance(block, Paragraph | Heading):
            assert is_well_formed(block.content)


def words(child: Child) -> list[str]:
    if isinstance(child, Element):
        is_atom = child.tag in ("hardBreak", "mention", "timestamp", "horizontalRule")
        return [] if is_atom else [word for inner in child.children for word in words(inner)]
    return (child if isinstance(child, str) else child.text).split()


WORDS: st.SearchStrategy[Child] = st.recursive(
    st.text("abc ", min_size=1, max_size=8).map(lambda text: f" {text} "),
    lambda inner: st.builds(Element, TAGS, st.lists(inner, max_size=4).map(tuple)),
    max_leaves=20,
)


@given(st.lists(WORDS, max_size=6))
def test_no_word_is_lost_wherever_it_stands(children: list[Child]) -> None:
    assert letters(content_of(*children)) == [word for child in children for word in words(child)]
