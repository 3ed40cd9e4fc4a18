"""What notes are made of, once they are read: a small tree of values that no longer changes.

`reader.py` makes it and answers for what is in it: text without control characters, links that are safe to follow, few
enough levels to be walked by recursion.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Marks:
    """How a run of text looks, and where it leads."""

    is_bold: bool = False
    is_italic: bool = False
    is_strike: bool = False
    is_underline: bool = False
    is_code: bool = False
    href: str | None = None
    """http, https or mailto; ASCII, without white space, quotes, angle brackets and backslashes."""


PLAIN = Marks()


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text on one line."""

    text: str
    marks: Marks = PLAIN


@dataclass(frozen=True, slots=True)
class HardBreak:
    """The end of a line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody who is named; the label has no `@`."""

    person_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment of a meeting; both instants are UTC."""

    meeting_id: str
    at: datetime
    opened_at: datetime

    @property
    def elapsed(self) -> str:
        """Return how long the meeting had lasted, as `m:ss` or `h:mm:ss`."""
        seconds = max(0, int((self.at - self.opened_at).total_seconds()))
        minutes, hours = seconds // 60, seconds // 3600
        return f"{hours}:{minutes % 60:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


Inline = Text | HardBreak | Mention | Timestamp


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text; may be empty."""

    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

    level: int
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Text as it stands, lines and all."""

    text: str


@dataclass(frozen=True, slots=True)
class HorizontalRule:
    """A line between two parts."""


@dataclass(frozen=True, slots=True)
class Blockquote:
    """What somebody else said."""

    content: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class ListItem:
    """One point of a list."""

    content: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class BulletList:
    """Points in no order."""

    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class OrderedList:
    """Points that are counted, from `start` on."""

    start: int
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class TaskItem:
    """Something to do; `item_id`, `owner_id` and `owner_name` may be empty."""

    content: tuple["Block", ...]
    is_done: bool = False
    item_id: str = ""
    owner_id: str = ""
    owner_name: str = ""
    due: date | None = None

    @property
    def said(self) -> tuple["Block", ...]:
        """Return what is to be done: the paragraph that it begins with, if it does."""
        return self.content[:1] if self.content and isinstance(self.content[0], Paragraph) else ()

    @property
    def below(self) -> tuple["Block", ...]:
        """Return the rest."""
        return self.content[len(self.said) :]


@dataclass(frozen=True, slots=True)
class TaskList:
    """Things to do."""

    items: tuple[TaskItem, ...]


Block = Paragraph | Heading | CodeBlock | HorizontalRule | Blockquote | BulletList | OrderedList | TaskList


@dataclass(frozen=True, slots=True)
class Notes:
    """All that was written; `is_cut` when it was more than is read."""

    content: tuple[Block, ...]
    is_cut: bool = False


def text_of(inlines: Iterable[Inline]) -> str:
    """Return what somebody would read, line breaks as newlines."""
    return "".join(_text(inline) for inline in inlines)


def _text(inline: Inline) -> str:
    match inline:
        case Text(text):
            return text
        case Mention(label=label):
            return f"@{label}"
        case Timestamp():
            return inline.elapsed
        case HardBreak():
            return "\n"
