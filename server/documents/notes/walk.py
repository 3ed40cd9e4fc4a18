"""Walks a shared document of notes, as y-prosemirror writes it, within bounds.

What it passes on is flat, so that whoever builds something of it meets at most `MAX_DEPTH` levels, however deep a page
has nested: containers that are unknown or too deep are left out, and what is in them is not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from server.documents.notes.tree import PLAIN, HardBreak, Inline, Marks, Mention, Text, Timestamp
from server.documents.notes.values import clean, href, instant, label

ROOT = "notes"
MAX_NODES = 20_000
"""Elements and runs of text that are read."""
MAX_TEXT = 200_000
"""Characters that are read: some 70 pages."""
MAX_DEPTH = 16
"""Lists, their items and quotes inside each other."""
MAX_LABEL = 200
_MAX_STRANGERS = 32
"""Children that are no XML and are stepped over, in one document."""
_MAX_AFTER_STRANGERS = 1_000
"""Children that are looked for behind one: finding them takes time that grows with the square."""

_NESTING = frozenset({"blockquote", "bulletList", "orderedList", "listItem", "taskList", "taskItem"})
_LEAVES = frozenset({"paragraph", "heading", "codeBlock"})
_OVERLAPPING = re.compile(r"(.+)--[A-Za-z0-9+/=]{8}")
"""How y-prosemirror names marks of which text may have several of one kind: with a hash of the mark."""


@dataclass(frozen=True, slots=True)
class Open:
    """A block begins; everything up to its `Edge.CLOSE` is in it."""

    name: str
    element: XmlElement


class Edge(Enum):
    """Where something ends."""

    CLOSE = auto()
    """The innermost block that is open ends."""
    GAP = auto()
    """Something that is no block here begins or ends: what comes is on another line."""
    RULE = auto()
    """A horizontal rule: a block that begins and ends at once."""


Event = Open | Edge | Inline
_Node = XmlElement | XmlFragment | XmlText
_Child = _Node | tuple[str, Mapping[str, Any] | None]


@dataclass(slots=True)
class _Level:
    """Where a walk is, at one of its levels; `end` is said when it is through."""

    children: Iterator[_Child]
    end: Edge | None = None
    is_nesting: bool = False
    is_leaf: bool = False


class Walk:
    """One walk through a document, inside of a transaction of it; `is_cut` says whether a bound ended it."""

    def __init__(self, doc: Doc[Any]) -> None:
        self._doc = doc
        self._nodes = MAX_NODES
        self._text = MAX_TEXT
        self._strangers = _MAX_STRANGERS
        self._is_over = False
        self.is_cut = False

    def events(self) -> Iterator[Event]:
        """Yield what is there, in reading order; every `Open` has its `Edge.CLOSE`, and in a leaf nothing opens."""
        depth = 0
        stack = [_Level(self._children(self._doc.get(ROOT, type=XmlFragment)))]
        while stack:
            level = stack[-1]
            child = None if self._is_over else next(level.children, None)
            if child is None:
                stack.pop()
                depth -= level.is_nesting
                if level.end:
                    yield level.end
                continue
            self._take_node()
            if isinstance(child, tuple):
                yield from self._inlines(*child)
                continue
            if isinstance(child, XmlText):
                stack.append(_Level(self._chunks(child), is_leaf=level.is_leaf))
                continue
            name = (child.tag or "") if isinstance(child, XmlElement) else ""
            if isinstance(child, XmlElement) and name in _ATOMS:
                yield from _ATOMS[name](child)
            elif name == "horizontalRule":
                yield Edge.RULE
            elif isinstance(child, XmlElement) and not level.is_leaf and self._is_block(name, depth):
                yield Open(name, child)
                depth += name in _NESTING
                stack.append(_Level(self._children(child), Edge.CLOSE, name in _NESTING, name in _LEAVES))
            else:
                yield Edge.GAP
                stack.append(_Level(self._children(child), Edge.GAP, is_leaf=level.is_leaf))

    @staticmethod
    def _is_block(name: str, depth: int) -> bool:
        return name in _LEAVES or (name in _NESTING and depth < MAX_DEPTH)

    def _take_node(self) -> None:
        self._nodes -= 1
        if self._nodes < 0:
            self._is_over = self.is_cut = True

    def _children(self, node: XmlElement | XmlFragment) -> Iterator[_Node]:
        """Yield the children; iterating ends at one that is no XML, so those behind it are asked for one by one."""
        known = list(node.children)
        yield from known
        behind = range(len(known), len(node.children))
        for index in behind[:_MAX_AFTER_STRANGERS]:
            try:
                child = node.children[index]
            except BaseException as error:
                # pycrdt panics, and a panic is no Exception: https://pyo3.rs, "PanicException".
                if type(error).__name__ != "PanicException":
                    raise
                self._strangers -= 1
                if self._strangers <= 0:
                    self.is_cut = True
                    return
            else:
                yield child
        self.is_cut = self.is_cut or len(behind) > _MAX_AFTER_STRANGERS

    @staticmethod
    def _chunks(text: XmlText) -> Iterator[_Child]:
        for content, attributes in text.diff():
            if isinstance(content, str):
                yield content, attributes
            elif isinstance(content, XmlElement | XmlFragment | XmlText):
                yield content

    def _inlines(self, content: str, attributes: Mapping[str, Any] | None) -> Iterator[Inline]:
        if len(content) > self._text:
            self._is_over = self.is_cut = True
            content = content[: self._text]
        self._text -= len(content)
        marks = _marks(attributes) if attributes else PLAIN
        for number, line in enumerate(clean(content).split("\n")):
            if number:
                yield HardBreak()
            if line:
                yield Text(line, marks)


def _marks(attributes: Mapping[str, Any]) -> Marks:
    named = {
        found[1] if (found := _OVERLAPPING.fullmatch(name)) else name: value
        for name, value in sorted(attributes.items())
        if value is not None and value is not False
    }
    link = named.get("link")
    return Marks(
        is_bold="bold" in named,
        is_italic="italic" in named,
        is_strike="strike" in named,
        is_underline="underline" in named,
        is_code="code" in named,
        href=href(link.get("href")) if isinstance(link, dict) else None,
    )


def _hard_break(_: XmlElement) -> Iterator[Inline]:
    yield HardBreak()


def _mention(element: XmlElement) -> Iterator[Inline]:
    person_id = label(element.attributes.get("id"), MAX_LABEL)
    if name := label(element.attributes.get("label"), MAX_LABEL).lstrip("@ ") or person_id:
        yield Mention(person_id, name)


def _timestamp(element: XmlElement) -> Iterator[Inline]:
    at, opened_at = instant(element.attributes.get("at")), instant(element.attributes.get("openedAt"))
    if at and opened_at:
        yield Timestamp(label(element.attributes.get("meetingId"), MAX_LABEL), at, opened_at)


_ATOMS = {"hardBreak": _hard_break, "mention": _mention, "timestamp": _timestamp}
