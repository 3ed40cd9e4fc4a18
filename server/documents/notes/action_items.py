"""Action items: the tasks of notes, for their owners' home pages, and ticking one from there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pycrdt import Doc

from server.documents.notes.reader import item_id_of
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    text_of,
)
from server.documents.notes.walk import Open, Walk


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something that somebody said they would do; without an owner, `owner_id` and `owner_name` are empty."""

    item_id: str
    text: str
    owner_id: str
    owner_name: str
    due: date | None
    is_done: bool


def action_items(notes: Notes) -> tuple[ActionItem, ...]:
    """Return the action items in reading order.

    Of several with one id (copied, or split by two people at once) the first counts, as it does for `set_done`. Items
    without an id or without text are none yet.
    """
    found: dict[str, ActionItem] = {}
    for task in _tasks(notes.content):
        text = _own_text(task)
        if task.item_id and task.item_id not in found:
            found[task.item_id] = ActionItem(task.item_id, text, task.owner_id, task.owner_name, task.due, task.is_done)
    return tuple(item for item in found.values() if item.text)


def set_done(doc: Doc[Any], item_id: str, is_done: bool) -> bool:
    """Tick an action item, or untick it; return whether there is such an item."""
    with doc.transaction():
        for event in Walk(doc).events():
            if isinstance(event, Open) and event.name == "taskItem" and item_id_of(event.element) == item_id != "":
                if event.element.attributes.get("checked") is not is_done:
                    event.element.attributes["checked"] = is_done
                return True
    return False


def _tasks(blocks: tuple[Block, ...]) -> Iterator[TaskItem]:
    for block in blocks:
        match block:
            case TaskList(items):
                for task in items:
                    yield task
                    yield from _tasks(task.content)
            case BulletList(items) | OrderedList(items=items):
                for item in items:
                    yield from _tasks(item.content)
            case Blockquote(content):
                yield from _tasks(content)


def _own_text(task: TaskItem) -> str:
    """Return what a task says, on one line and without what is listed below it."""
    own = [text_of(block.content) for block in task.content if isinstance(block, Paragraph | Heading)]
    return " ".join(" ".join(own).split())
