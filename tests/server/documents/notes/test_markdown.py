from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.tasklists import tasklists_plugin

from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.markdown import to_markdown
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
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
    text_of,
)
from tests.server.documents.notes.documents import FIXTURES, fixture
from tests.server.documents.notes.trees import BLOCKS, INLINES, LINES

HEADER = Header("", "", "")
MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])

Run = tuple[str, frozenset[str]]


def line(runs: Sequence[Run]) -> tuple[str, list[Run]]:
    """What is read of a line, and how each letter of it looks; white space looks like nothing."""
    text = "".join(text for text, _ in runs)
    return text.strip(), [(letter, marks) for text, marks in runs for letter in text if not letter.isspace()]


def looks(marks: Marks) -> frozenset[str]:
    found = {"strong": marks.is_bold, "em": marks.is_italic, "s": marks.is_strike, "code": marks.is_code}
    return frozenset({name for name, is_set in found.items() if is_set} | ({marks.href} if marks.href else set()))


def lines_of_tree(content: Sequence[Inline]) -> list[Any]:
    lines: list[list[Run]] = [[]]
    for inline in content:
        if isinstance(inline, HardBreak):
            lines.append([])
        else:
            marks = looks(inline.marks) if isinstance(inline, Text) else frozenset[str]()
            lines[-1].append((text_of([inline]).replace("\t", " "), marks))
    return without_blank_edges([line(runs) for runs in lines])


def without_blank_edges(lines: list[Any]) -> list[Any]:
    shown = [number for number, (text, _) in enumerate(lines) if text]
    return lines[shown[0] : shown[-1] + 1] if shown else []


def heading_of_tree(content: Sequence[Inline]) -> Any:
    lines = [part for part in lines_of_tree(content) if part[0]]
    return " ".join(text for text, _ in lines), [letter for _, letters in lines for letter in letters]


def blocks_of_tree(blocks: Sequence[Block]) -> list[Any]:
    found: list[Any] = []
    for block in blocks:
        match block:
            case Paragraph(content):
                found += [("p", lines)] if (lines := lines_of_tree(content)) else []
            case Heading(level, content):
                found += [(f"h{level + 1}", text)] if (text := heading_of_tree(content))[0] else []
            case CodeBlock(text):
                found.append(("code", text + "\n"))
            case HorizontalRule():
                found.append(("hr",))
            case Blockquote(content):
                found += [("quote", inner)] if (inner := blocks_of_tree(content)) else []
            case BulletList(items):
                points = [inner for item in items if (inner := blocks_of_tree(item.content))]
                found += [("ul", points)] if points else []
            case OrderedList(start, items):
                points = [inner for item in items if (inner := blocks_of_tree(item.content))]
                found += [("ol", start, points)] if points else []
            case TaskList():
                found += tasks_of_tree(block)
    return found


def tasks_of_tree(tasks: TaskList) -> list[Any]:
    points = []
    for task in tasks.items:
        first, *others = task.content
        about = [task.owner_name] if task.owner_name else []
        about += [f"due {ENGLISH.written(task.due)}"] if task.due else []
        said = lines_of_tree(first.content) if isinstance(first, Paragraph) else []
        told: list[Any] = [line([(", ".join(about), frozenset())])] if about else []
        if said and told:
            dash, after = line([("—", frozenset())]), told[0]
            told = [(f"{said[-1][0]} — {after[0]}", said[-1][1] + dash[1] + after[1])]
            said = said[:-1]
        below = blocks_of_tree(others if isinstance(first, Paragraph) else task.content)
        lines = said + told
        if lines or below:
            box = line([("[x]" if task.is_done else "[ ]", frozenset())])
            if lines:
                lines = [(f"{box[0]} {lines[0][0]}", box[1] + lines[0][1]), *lines[1:]]
            points.append([("p", lines or [box]), *below])
    return [("ul", points)] if points else []


def blocks_of_markdown(nodes: Sequence[SyntaxTreeNode]) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        match node.type:
            case "paragraph":
                found.append(("p", [line(runs) for runs in lines_of_markdown(node.children[0])]))
            case "heading":
                [runs] = lines_of_markdown(node.children[0])
                found.append((node.tag, line(runs)))
            case "fence":
                found.append(("code", node.content))
            case "hr":
                found.append(("hr",))
            case "blockquote":
                found.append(("quote", blocks_of_markdown(node.children)))
            case "bullet_list":
                found.append(("ul", [blocks_of_markdown(item.children) for item in node.children]))
            case "ordered_list":
                items = [blocks_of_markdown(item.children) for item in node.children]
                found.append(("ol", node.attrs.get("start", 1), items))
            case other:
                raise AssertionError(other)
    return found


def lines_of_markdown(inline: SyntaxTreeNode) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]

    def walk(node: SyntaxTreeNode, marks: frozenset[str]) -> None:
        match node.type:
            case "text":
                lines[-1].append((node.content, marks))
            case "code_inline":
                lines[-1].append((node.content, marks | {"code"}))
            case "hardbreak":
                lines.append([])
            case "strong" | "em" | "s" | "link":
                mark = str(node.attrs["href"]) if node.type == "link" else node.type
                for child in node.children:
                    walk(child, marks | {mark})
            case other:
                raise AssertionError(other)

    for child in inline.children:
        walk(child, frozenset())
    return lines


def read_back(markdown: str) -> list[Any]:
    return blocks_of_markdown(SyntaxTreeNode(MARKDOWN.parse(markdown)).children)


@given(st.lists(INLINES, max_size=6).map(tuple))
def test_any_paragraph_reads_the_same(content: tuple[Inline, ...]) -> None:
    written = to_markdown(Notes((HorizontalRule(), Paragraph(content))), HEADER)
    assert read_back(written) == blocks_of_tree([HorizontalRule(), Paragraph(content)])


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BLOCKS, max_size=3).map(tuple))
@example(
    (
        BulletList((ListItem((HorizontalRule(),)),)),
        BulletList((ListItem((Paragraph(()),)),)),
        BulletList((ListItem((HorizontalRule(),)),)),
    )
)
def test_any_notes_read_the_same(blocks: tuple[Block, ...]) -> None:
    blocks = (HorizontalRule(), *blocks)
    assert read_back(to_markdown(Notes(blocks), HEADER)) == blocks_of_tree(blocks)


@given(LINES, LINES, LINES)
def test_the_header_is_text(title: str, room: str, held_on: str) -> None:
    written = to_markdown(Notes((HorizontalRule(),)), Header(title, room, held_on))
    parts = [" ".join(part.split()) for part in (title, room, held_on)]
    shown = [parts[0]] if parts[0] else []
    shown += [" · ".join(part for part in parts[1:] if part)] if any(parts[1:]) else []
    texts = [block[1][0] if block[0] == "h1" else block[1][0][0] for block in read_back(written)[:-1]]
    assert texts == shown


def test_a_lesson() -> None:
    written = to_markdown(read_notes(fixture("lesson.yjs")), Header("Fractions", "Room 4", "22 November 2026"))
    assert written == (FIXTURES / "lesson.md").read_text(encoding="utf-8")


def test_task_lists_are_those_of_gfm() -> None:
    tasks = MarkdownIt("commonmark").use(tasklists_plugin)
    html = tasks.render(to_markdown(read_notes(fixture("lesson.yjs")), HEADER))
    assert html.count('type="checkbox"') == 2
    assert html.count('checked="checked"') == 1


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<!-- x",
        "&lt;b&gt; &#60;",
        "[a](javascript:alert(1))",
        "![a](http://a.example/x.png)",
        "<http://a.example>",
        "http://a.example www.a.example",
        "- [x] done",
        "| a | b |",
        "$x$ **b** __b__ ~~s~~ `c`",
    ],
)
def test_text_is_never_markup(text: str) -> None:
    written = to_markdown(Notes((Paragraph((Text(text),)), Paragraph((Text(":-:"),)))), HEADER)
    html = MarkdownIt("gfm-like", {"linkify": False}).use(tasklists_plugin).render(written)
    assert html == f"<p>{escapeHtml(text)}</p>\n<p>:-:</p>\n"


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (Text("https://a.example/b", Marks(href="https://a.example/b")), "<https://a.example/b>"),
        (Text("the page", Marks(href="https://a.example/some_page*")), "[the page](https://a.example/some_page*)"),
        (Text("www.a.example", Marks(href="http://www.a.example")), "[www.a.example](http://www.a.example)"),
        (Text("x", Marks(href="https://a.example/(b)")), "[x](<https://a.example/(b)>)"),
        (Text("x", Marks(href="https://a.example/?b&amp;c")), "[x](https://a.example/?b\\&amp;c)"),
        (Text("https://a.example/some_page and snake_case"), "https://a.example/some_page and snake_case"),
        (Text("https://a.example/*b and _c_"), "https\\://a.example/\\*b and \\_c\\_"),
    ],
)
def test_addresses_are_escaped_only_where_they_have_to_be(content: Text, written: str) -> None:
    assert to_markdown(Notes((Paragraph((content,)),)), HEADER) == f"{written}\n"


def test_days_are_written_as_people_write_them() -> None:
    task = TaskItem((Paragraph((Text("Call"),)),), due=date(2026, 11, 2))
    spanish = Labels(months=("enero",) * 12, day="{day} de {month} de {year}", due="para el {day}")
    assert to_markdown(Notes((TaskList((task,)),)), HEADER) == "- [ ] Call — due November 2, 2026\n"
    assert to_markdown(Notes((TaskList((task,)),)), HEADER, spanish) == "- [ ] Call — para el 2 de enero de 2026\n"


@pytest.mark.parametrize("text", ["```", "~~~", "a\n`````\n<b>", "    indented", "\n\n"])
def test_code_ends_where_it_ends(text: str) -> None:
    written = to_markdown(Notes((CodeBlock(text), Paragraph((Text("x"),)))), HEADER)
    assert read_back(written) == blocks_of_tree([CodeBlock(text), Paragraph((Text("x"),))])


def test_what_is_cut_or_empty_says_so() -> None:
    labels = Labels(cut="Hay más.", empty="No hay nada.")
    assert to_markdown(Notes(()), HEADER, labels) == "No hay nada.\n"
    assert to_markdown(Notes((Paragraph(()), Paragraph((Text(" "),)))), HEADER, labels) == "No hay nada.\n"
    assert to_markdown(Notes((Paragraph((Text("x"),)),), is_cut=True), HEADER, labels) == "x\n\nHay más.\n"
