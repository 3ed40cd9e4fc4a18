"""Notes as one web page that needs nothing else: no script, no outside resource, ready to be printed."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import date
from html import escape
from itertools import groupby
from pathlib import Path

from server.documents.notes.labels import ENGLISH, Header, Labels
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
    text_of,
)
from server.edition import Paper

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_HEADINGS_ABOVE = 1
"""The title has the first level."""


def to_html(notes: Notes, header: Header, labels: Labels = ENGLISH, paper: Paper = Paper.A4) -> str:
    """Return the notes as an HTML document."""
    page = _Page(labels)
    style = f"{_STYLE}@page {{ size: {paper}; margin: 22mm 20mm; }}\n"
    about = " · ".join(escape(part) for part in (header.room, header.held_on) if part)
    body = page.blocks(notes.content) or f'<p class="aside">{escape(labels.empty)}</p>'
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{escape(labels.language)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_policy(style), quote=False)}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(header.title or header.room)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *([f'<h1 dir="auto">{escape(header.title)}</h1>'] if header.title else []),
            *([f'<p class="about" dir="auto">{about}</p>'] if about else []),
            body,
            *([f'<p class="aside">{escape(labels.cut)}</p>'] if notes.is_cut else []),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _policy(style: str) -> str:
    """Let nothing be loaded or run, should an escape ever be missing: https://www.w3.org/TR/CSP3/."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


class _Page:
    """Writes blocks, with the words of one language."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "\n".join(written for block in blocks if (written := self._block(block)))

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return f'<p dir="auto">{text}</p>' if (text := _inlines(content)) else ""
            case Heading(level, content):
                name = f"h{level + _HEADINGS_ABOVE}"
                return f'<{name} dir="auto">{text}</{name}>' if (text := _inlines(content)) else ""
            case CodeBlock(text):
                return f"<pre><code>{escape(text)}</code></pre>"
            case HorizontalRule():
                return "<hr>"
            case Blockquote(content):
                return f"<blockquote>\n{self.blocks(content)}\n</blockquote>"
            case BulletList(items):
                return f"<ul>\n{self._items(items)}\n</ul>"
            case OrderedList(start, items):
                return f'<ol start="{start}">\n{self._items(items)}\n</ol>'
            case TaskList(tasks):
                return '<ul class="tasks">\n{}\n</ul>'.format("\n".join(map(self._task, tasks)))

    def _items(self, items: Iterable[ListItem]) -> str:
        return "\n".join(f"<li>{self.blocks(item.content)}</li>" for item in items)

    def _task(self, task: TaskItem) -> str:
        state, word = (" checked", self._labels.done) if task.is_done else ("", self._labels.to_do)
        box = f'<input type="checkbox" disabled{state} aria-label="{escape(word)}">'
        about = self._about(task.owner_name, task.due)
        return f"<li>{box}<div>{self.blocks(task.said)}{about}{self.blocks(task.below)}</div></li>"

    def _about(self, owner_name: str, due: date | None) -> str:
        about = self._labels.about(owner_name, due)
        return f'<p class="about" dir="auto">{escape(about)}</p>' if about else ""


def _inlines(content: Iterable[Inline]) -> str:
    """Return text in which one link is one link, however many looks it has."""
    written = []
    for address, group in groupby(content, lambda inline: inline.marks.href if isinstance(inline, Text) else None):
        inlines = list(group)
        text = "".join(map(_inline, inlines))
        # On paper the address stands behind its link, unless that is what is linked.
        bare = ' class="bare"' if address and text_of(inlines).strip() == address else ""
        written.append(
            f'<a{bare} href="{escape(address)}" rel="noopener noreferrer nofollow">{text}</a>' if address else text
        )
    return "".join(written)


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text, marks):
            return _marked(escape(text), marks)
        case Mention(label=label):
            return f'<span class="mention">@{escape(label)}</span>'
        case Timestamp(at=at):
            return f'<time datetime="{at.isoformat()}">{inline.elapsed}</time>'
        case HardBreak():
            return "<br>"


def _marked(text: str, marks: Marks) -> str:
    wrappers = {
        "code": marks.is_code,
        "u": marks.is_underline,
        "s": marks.is_strike,
        "em": marks.is_italic,
        "strong": marks.is_bold,
    }
    for name, is_set in wrappers.items():
        text = f"<{name}>{text}</{name}>" if is_set else text
    return text
