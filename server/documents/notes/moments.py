"""The moments of a meeting that stand in notes, with what was written beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocol.record import MAX_MOMENT_CHARACTERS
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    Heading,
    HorizontalRule,
    Inline,
    Notes,
    OrderedList,
    Paragraph,
    TaskList,
    Timestamp,
    text_of,
)

MAX_MOMENTS = 500
"""Of one document."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NotedMoment:
    """A moment, and the line that it stands in."""

    at: int
    """Milliseconds since 1970-01-01 UTC."""
    text: str


def moments_of(notes: Notes, meeting_id: str) -> list[NotedMoment]:
    """Return the moments of a meeting in reading order, each once, at most `MAX_MOMENTS`."""
    found: list[NotedMoment] = []
    for line in _lines(notes.content):
        moments = [one for one in line if isinstance(one, Timestamp) and one.meeting_id == meeting_id]
        if moments:
            said = " ".join(text_of(one for one in line if not isinstance(one, Timestamp)).split())
            text = said if len(said) <= MAX_MOMENT_CHARACTERS else said[: MAX_MOMENT_CHARACTERS - 1].rstrip() + "…"
            found += [NotedMoment((one.at - _EPOCH) // timedelta(milliseconds=1), text) for one in moments]
    return list(dict.fromkeys(found))[:MAX_MOMENTS]


def _lines(blocks: Iterable[Block]) -> Iterator[tuple[Inline, ...]]:
    """Yield the text of all blocks; they are nested by few enough levels to recurse."""
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(_, content):
                yield content
            case Blockquote(content):
                yield from _lines(content)
            case BulletList(items) | OrderedList(_, items):
                for item in items:
                    yield from _lines(item.content)
            case TaskList(tasks):
                for task in tasks:
                    yield from _lines(task.content)
            case CodeBlock() | HorizontalRule():
                pass
