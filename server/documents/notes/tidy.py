"""Notes as they are to be taken along: without what nobody filled in, their headings without a gap."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    CodeBlock,
    Heading,
    ListItem,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    text_of,
)


def tidied(notes: Notes) -> Notes:
    """Return the notes without points and boxes that nothing stands in, as templates have them.

    The levels that headings use are counted from 1 on: people choose them by their looks, and who has a file read
    aloud, or a table of contents made of it, would miss those that are left out below the title.
    """
    content = tuple(_filled(notes.content))
    ranks = {level: rank for rank, level in enumerate(sorted(set(_levels(content))), 1)}
    return replace(notes, content=tuple(_ranked(content, ranks)))


def _filled(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield what something stands in, and empty lines between."""
    for block in blocks:
        match block:
            case Blockquote(content):
                if _says_something(inner := tuple(_filled(content))):
                    yield Blockquote(inner)
            case BulletList(items):
                if points := tuple(_filled_points(items)):
                    yield BulletList(points)
            case OrderedList(start, items):
                if points := tuple(_filled_points(items)):
                    yield OrderedList(start, points)
            case TaskList(tasks):
                if boxes := tuple(_filled_boxes(tasks)):
                    yield TaskList(boxes)
            case _:
                yield block


def _filled_points(items: Iterable[ListItem]) -> Iterator[ListItem]:
    for item in items:
        if _says_something(content := tuple(_filled(item.content))):
            yield ListItem(content)


def _filled_boxes(tasks: Iterable[TaskItem]) -> Iterator[TaskItem]:
    for task in tasks:
        content = tuple(_filled(task.content))
        if task.owner_name or task.due or _says_something(content):
            yield replace(task, content=content)


def _says_something(blocks: Iterable[Block]) -> bool:
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(_, content):
                if text_of(content).strip():
                    return True
            case CodeBlock(text):
                if text.strip():
                    return True
            case _:  # lists and quotes are filled, and a line is something
                return True
    return False


def _levels(blocks: Iterable[Block]) -> Iterator[int]:
    for block in blocks:
        match block:
            case Heading(level, content):
                if text_of(content).strip():
                    yield level
            case Blockquote(content):
                yield from _levels(content)
            case BulletList(items) | OrderedList(items=items) | TaskList(items):
                for item in items:
                    yield from _levels(item.content)
            case _:
                pass


def _ranked(blocks: Iterable[Block], ranks: Mapping[int, int]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Heading(level, content):
                yield Heading(ranks.get(level, level), content)
            case Blockquote(content):
                yield Blockquote(tuple(_ranked(content, ranks)))
            case BulletList(items):
                yield BulletList(tuple(ListItem(tuple(_ranked(item.content, ranks))) for item in items))
            case OrderedList(start, items):
                yield OrderedList(start, tuple(ListItem(tuple(_ranked(item.content, ranks))) for item in items))
            case TaskList(tasks):
                yield TaskList(tuple(replace(task, content=tuple(_ranked(task.content, ranks))) for task in tasks))
            case _:
                yield block
