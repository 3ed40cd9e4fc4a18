"""Reads notes out of a shared document.

The document is written by pages that need not be ours: whatever is in it, something is read, and nothing raises. What
stands in a place where it does not belong is kept as text.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, TypeVar

from pycrdt import Doc, XmlElement

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
from server.documents.notes.values import day, label, whole
from server.documents.notes.walk import MAX_LABEL, Edge, Event, Open, Walk

_MAX_START = 1_000_000

_Item = TypeVar("_Item", ListItem, TaskItem)


def read_notes(doc: Doc[Any]) -> Notes:
    """Return the notes of a document, at most `walk.MAX_TEXT` characters of them."""
    with doc.transaction():
        walk = Walk(doc)
        content = _Builder(walk.events()).blocks()
    return Notes(content, walk.is_cut)


class _Builder:
    """Makes blocks of events; each method consumes up to the end of what it makes."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks up to the end of what they are in; text between blocks becomes a paragraph."""
        blocks: list[Block] = []
        for part in self._parts():
            if isinstance(part, Open):
                blocks += self._block(part)
            else:
                blocks.append(part)
        return tuple(blocks)

    def _parts(self) -> Iterator[Open | Paragraph | HorizontalRule]:
        line: list[Inline] = []
        for event in self._events:
            if isinstance(event, Text | HardBreak | Mention | Timestamp):
                line.append(event)
                continue
            if line:
                yield Paragraph(_joined(line))
                line = []
            if event is Edge.CLOSE:
                return
            if event is Edge.RULE:
                yield HorizontalRule()
            elif isinstance(event, Open):
                yield event
        if line:
            yield Paragraph(_joined(line))

    def _block(self, opened: Open) -> tuple[Block, ...]:
        match opened.name:
            case "paragraph":
                return (Paragraph(self._inlines()),)
            case "heading":
                level = whole(opened.element.attributes.get("level"), 1, 3, 1)
                return (Heading(level, self._inlines()),)
            case "codeBlock":
                return (CodeBlock(text_of(self._inlines())),)
            case "blockquote":
                content = self.blocks()
                return (Blockquote(content),) if content else ()
            case "bulletList":
                items = self._items(_list_item)
                return (BulletList(items),) if items else ()
            case "orderedList":
                start = whole(opened.element.attributes.get("start"), 0, _MAX_START, 1)
                items = self._items(_list_item)
                return (OrderedList(start, items),) if items else ()
            case "taskList":
                tasks = self._items(_task_item)
                return (TaskList(tasks),) if tasks else ()
            case "taskItem":
                return (TaskList((_task_item(opened, self.blocks()),)),)
            case _:  # an item outside of any list
                return self.blocks()

    def _items(self, make: Callable[[Open | None, tuple[Block, ...]], _Item]) -> tuple[_Item, ...]:
        items: list[_Item] = []
        for part in self._parts():
            if not isinstance(part, Open):
                items.append(make(None, (part,)))
            elif part.name in ("listItem", "taskItem"):
                items.append(make(part, self.blocks()))
            else:
                items.append(make(None, self._block(part)))
        return tuple(items)

    def _inlines(self) -> tuple[Inline, ...]:
        """Return the text up to the block's end; what stands in it and is no text has a line of its own."""
        line: list[Inline] = []
        is_gap = False
        for event in self._events:
            if isinstance(event, Text | HardBreak | Mention | Timestamp):
                if is_gap and line:
                    line.append(HardBreak())
                is_gap = False
                line.append(event)
            elif event is Edge.CLOSE:
                break
            else:
                is_gap = True
        return _joined(line)


def _list_item(_: Open | None, content: tuple[Block, ...]) -> ListItem:
    return ListItem(content)


def _task_item(opened: Open | None, content: tuple[Block, ...]) -> TaskItem:
    if opened is None or opened.name != "taskItem":
        return TaskItem(content)
    attributes = opened.element.attributes
    return TaskItem(
        content,
        is_done=attributes.get("checked") is True,
        item_id=item_id_of(opened.element),
        owner_id=label(attributes.get("ownerId"), MAX_LABEL),
        owner_name=label(attributes.get("ownerName"), MAX_LABEL),
        due=day(attributes.get("due")),
    )


def item_id_of(task_item: XmlElement) -> str:
    """Return the id of an action item, empty when it has none that counts."""
    return label(task_item.attributes.get("itemId"), MAX_LABEL)


def _joined(inlines: list[Inline]) -> tuple[Inline, ...]:
    """Return runs of text that look the same as one."""
    joined: list[Inline] = []
    for marks, group in groupby(inlines, lambda inline: inline.marks if isinstance(inline, Text) else None):
        run = list(group)
        joined += run if marks is None else [Text(text_of(run), marks)]
    return tuple(joined)
