"""Notes as Markdown: CommonMark, with task lists and strikethrough as in GFM.

Text stays text: whatever could be markup is escaped. Underlining has no Markdown and is left out.
"""

import re
from collections.abc import Sequence

from server.documents.notes.inline_markdown import escaped, inline_lines
from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    Heading,
    HorizontalRule,
    Inline,
    ListItem,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
)

_STARTS_A_COUNT = re.compile(r"(\d{1,9})([.)])", re.ASCII)
_LISTS_WITHOUT_GAP = ("- ", "* ", "1. ", "1) ")
"""What may follow a paragraph on the next line."""
_HEADINGS_ABOVE = 1
"""The title has the first level."""


def to_markdown(notes: Notes, header: Header, labels: Labels = ENGLISH) -> str:
    """Return the notes as a Markdown file."""
    parts = [title] if (title := _heading(1, (Text(_on_one_line(header.title)),))) else []
    if about := " · ".join(_line_of(part) for part in (header.room, header.held_on) if _on_one_line(part)):
        parts.append(about)
    parts += _blocks(notes.content, labels) or [_line_of(labels.empty)]
    if notes.is_cut:
        parts.append(_line_of(labels.cut))
    return "\n\n".join(parts) + "\n"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _line_of(text: str) -> str:
    return _paragraph((Text(_on_one_line(text)),))


def _blocks(blocks: Sequence[Block], labels: Labels) -> list[str]:
    written: list[str] = []
    is_other_marker = False
    last: type[Block] | None = None
    for block in blocks:
        # Two lists of one kind in a row would be one list, but for another marker.
        kind = BulletList if isinstance(block, TaskList) else type(block)
        has_other_marker = kind is last and not is_other_marker
        if text := _block(block, labels, has_other_marker):
            written.append(text)
            last, is_other_marker = kind, has_other_marker
    return written


def _block(block: Block, labels: Labels, is_other_marker: bool) -> str:
    match block:
        case Paragraph(content):
            return _paragraph(content)
        case Heading(level, content):
            return _heading(level + _HEADINGS_ABOVE, content)
        case CodeBlock(text):
            return _fenced(text)
        case HorizontalRule():
            return "___"
        case Blockquote(content):
            return _prefixed("\n\n".join(_blocks(content, labels)), "> ", "> ")
        case BulletList(items):
            bullet = "* " if is_other_marker else "- "
            return _items([(bullet, _item(item, labels)) for item in items])
        case OrderedList(start, items):
            end = ") " if is_other_marker else ". "
            written = [parts for item in items if (parts := _item(item, labels))]
            return _items([(f"{number}{end}", parts) for number, parts in enumerate(written, start)])
        case TaskList(items=tasks):
            bullet = "* " if is_other_marker else "- "
            return _items([(bullet, _task(task, labels)) for task in tasks])


def _heading(level: int, content: Sequence[Inline]) -> str:
    text = " ".join(line for line in inline_lines(content) if line)
    if text.endswith("#"):  # decoration otherwise
        text = f"{text[:-1]}\\#"
    return f"{'#' * level} {text}" if text else ""


def _paragraph(content: Sequence[Inline]) -> str:
    lines = [_escaped_start(line) for line in inline_lines(content)]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\\\n".join(lines)


def _escaped_start(line: str) -> str:
    line = _STARTS_A_COUNT.sub(r"\1\\\2", line, count=1) if _STARTS_A_COUNT.match(line) else line
    return f"\\{line}" if line.startswith(("#", "+", "-", "=", ":", ">")) else line


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _item(item: ListItem, labels: Labels) -> list[str]:
    return _blocks(item.content, labels)


def _task(task: TaskItem, labels: Labels) -> list[str]:
    said = _blocks(task.said, labels)
    about = labels.about(task.owner_name, task.due)
    text = " — ".join([*said, escaped(about)] if about else said)
    below = _blocks(task.below, labels)
    return [f"[{'x' if task.is_done else ' '}] {text}".rstrip(), *below] if text or below else []


def _items(items: list[tuple[str, list[str]]]) -> str:
    """Return a list, without blank lines where none is needed; points without content are left out."""
    written = [(marker, parts) for marker, parts in items if parts]
    is_tight = all(part.startswith(_LISTS_WITHOUT_GAP) for _, parts in written for part in parts[1:])
    gap = "\n" if is_tight else "\n\n"
    return gap.join(_prefixed(gap.join(parts), marker, " " * len(marker)) for marker, parts in written)


def _prefixed(text: str, first: str, others: str) -> str:
    if not text:
        return ""
    head, *rest = text.split("\n")
    return "\n".join([first + head, *(others + line if line else others.rstrip() for line in rest)])
