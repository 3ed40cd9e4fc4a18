import base64
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from server.documents.notes.html import to_html
from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.reader import read_notes
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    HardBreak,
    Heading,
    Marks,
    Notes,
    OrderedList,
    Paragraph,
    TaskList,
    Text,
    text_of,
)
from server.edition import Paper
from tests.server.documents.notes.documents import fixture
from tests.server.documents.notes.trees import HREFS, LINES, NOTES

HEADER = Header("Title", "Room", "Day")
VOID = {"meta", "input", "br", "hr"}
KNOWN = {
    *("html", "head", "meta", "title", "style", "body", "main", "div", "span", "time", "input", "br", "hr", "a"),
    *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "s", "u"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "dir", "start", "type", "disabled", "checked"),
    *("aria-label", "datetime", "href", "rel"),
}


class Reader(HTMLParser):
    """Reads a page, and holds it to the few elements that it may have, each of them closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.boxes: list[bool] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag in KNOWN
        assert set(given) <= ATTRIBUTES
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a":
            self.addresses.append(given["href"] or "")
        if tag == "input":
            self.boxes.append("checked" in given)
        if tag == "br":
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += ["\n"] if tag in ("p", "pre", "h1", "h2", "h3", "h4") else []

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "title", "html", "head"):
            self.text.append(data)


def words(text: str) -> list[str]:
    return text.split()


def text_of_blocks(blocks: Sequence[Block]) -> str:
    found = ""
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(content=content):
                found += text_of(content)
            case CodeBlock(text):
                found += text
            case Blockquote(inner):
                found += text_of_blocks(inner)
            case BulletList(items) | OrderedList(items=items):
                found += "\n".join(text_of_blocks(item.content) for item in items)
            case TaskList(tasks):
                for task in tasks:
                    about = [task.owner_name, f"due {ENGLISH.written(task.due)}" if task.due else ""]
                    found += text_of_blocks(task.said) + "\n" + ", ".join(part for part in about if part) + "\n"
                    found += text_of_blocks(task.below) + "\n"
        found += "\n"
    return found


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(NOTES, LINES, LINES)
def test_any_notes_read_the_same(notes: Notes, title: str, room: str) -> None:
    page = Reader(to_html(notes, Header(title, room, "")))
    head = f"{title}\n{room}\n" if room else f"{title}\n"
    body = text_of_blocks(notes.content)
    more = Labels().cut if notes.is_cut else ""
    found = words("".join(page.text))
    assert found in (words(f"{head}{body}\n{more}"), words(f"{head}{Labels().empty}\n{more}"))


@given(HREFS)
def test_addresses_arrive_as_they_are(href: str) -> None:
    assert Reader(to_html(Notes((Paragraph((Text("x", Marks(href=href)),)),)), HEADER)).addresses == [href]


@pytest.mark.parametrize(
    "text", ["</title><script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", '"><b>', "-->"]
)
def test_text_is_never_markup(text: str) -> None:
    notes = Notes((Paragraph((Text(text, Marks(is_bold=True)), HardBreak())), CodeBlock(text)))
    page = Reader(to_html(notes, Header(text, text, text), Labels(language=text, empty=text, cut=text)))
    assert words("".join(page.text)) == words(f"{text} {text} · {text} {text} {text}")


def test_the_policy_allows_this_style_and_nothing_else() -> None:
    page = to_html(Notes(()), HEADER)
    [style] = re.findall("<style>(.*)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'http-equiv="Content-Security-Policy" content="{policy}"' in page
    assert "url(" not in style
    assert "@import" not in style


def test_a_lesson_has_its_boxes_and_links() -> None:
    page = Reader(to_html(read_notes(fixture("lesson.yjs")), HEADER))
    assert page.boxes == [False, True]
    assert page.addresses == ["https://example.org/fractions?a=1&b=2"]


def test_what_is_cut_or_empty_says_so() -> None:
    labels = Labels(language="es", cut="Hay más.", empty="No hay nada.")
    page = to_html(Notes((), is_cut=True), Header("", "", ""), labels)
    assert words("".join(Reader(page).text)) == words("No hay nada. Hay más.")
    assert '<html lang="es">' in page


def test_an_address_that_is_linked_is_not_printed_twice() -> None:
    address = "https://a.example/b"
    page = to_html(Notes((Paragraph((Text(address, Marks(href=address)),)),)), HEADER)
    assert f'<a class="bare" href="{address}"' in page
    named = to_html(Notes((Paragraph((Text("here", Marks(href=address)),)),)), HEADER)
    assert f'<a href="{address}"' in named


def test_it_is_printed_on_the_readers_paper_and_its_style_is_the_one_that_is_let_in() -> None:
    for paper in Paper:
        page = to_html(Notes(()), HEADER, paper=paper)
        style = page.split("<style>")[1].split("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"@page {{ size: {paper};" in style
        assert f"'sha256-{digest}'" in page
