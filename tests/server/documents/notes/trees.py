"""Trees of notes for property tests: as odd as the reader lets them be."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

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
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
    Timestamp,
)
from server.documents.notes.values import clean

MARKUP = "aB1 9.*_~`[]()<>!#+-=|&;:\\/$@\"'{}^%,w€😀é\u00a0\t\u0301"
FRAGMENTS = [
    "<script>",
    "&amp;",
    "&#65;",
    "](",
    "![",
    "http://a.b",
    "www.a.b",
    "1. ",
    "- ",
    "[x] ",
    "***",
    "```",
    "~~~",
    "<!--",
]
LINES = (
    st.lists(st.sampled_from([*MARKUP, *FRAGMENTS]), max_size=8).map("".join)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
).map(lambda text: clean(text).replace("\n", ""))
HREFS = st.sampled_from(["https://a.example/(b)_c_*d?x=1&amp;y=~z#e", "mailto:a_b@c.example", "http://a.example/%22!$"])
MARKS = st.builds(Marks, *[st.booleans()] * 5, st.none() | HREFS)
MOMENT = datetime(2026, 11, 22, 15, tzinfo=UTC)
TEXTS = st.builds(Text, LINES.filter(bool), MARKS)
INLINES: st.SearchStrategy[Inline] = (
    TEXTS
    | TEXTS
    | st.just(HardBreak())
    | st.builds(Mention, LINES, LINES.map(str.strip).filter(bool))
    | st.timedeltas(timedelta(0), timedelta(hours=30)).map(lambda after: Timestamp("m", MOMENT + after, MOMENT))
)
CONTENT = st.lists(INLINES, max_size=3).map(tuple)
NAMES = LINES.map(lambda text: " ".join(text.split()))


def _containers(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    content = st.lists(blocks, min_size=1, max_size=2).map(tuple)
    items = st.lists(st.builds(ListItem, content), min_size=1, max_size=2).map(tuple)
    days = st.none() | st.dates(min_value=date(1, 1, 1))
    task = st.builds(TaskItem, content, st.booleans(), NAMES, NAMES, NAMES, days)
    tasks = st.lists(task, min_size=1, max_size=2).map(tuple)
    return (
        st.builds(Blockquote, content)
        | st.builds(BulletList, items)
        | st.builds(OrderedList, st.integers(0, 1_000_000), items)
        | st.builds(TaskList, tasks)
    )


BLOCKS: st.SearchStrategy[Block] = st.recursive(
    st.builds(Paragraph, CONTENT)
    | st.builds(Heading, st.integers(1, 3), CONTENT)
    | st.builds(CodeBlock, st.lists(LINES, max_size=3).map("\n".join))
    | st.just(HorizontalRule()),
    _containers,
    max_leaves=5,
)
NOTES = st.builds(Notes, st.lists(BLOCKS, max_size=3).map(tuple), st.booleans())
