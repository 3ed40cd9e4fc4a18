"""Shared documents of notes, made from a description."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class Element:
    tag: str
    children: "tuple[Child, ...]" = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    text: str
    formatting: Mapping[str, Any]


Child = Element | Chunk | str


def element(tag: str, *children: Child, **attributes: Any) -> Element:
    return Element(tag, children, attributes)


def paragraph(*children: Child) -> Element:
    return element("paragraph", *children)


def document(*children: Child) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    with doc.transaction():
        waiting: list[tuple[XmlFragment | XmlElement, Child]] = []
        root = doc.get("notes", type=XmlFragment)
        waiting += ((root, child) for child in reversed(children))
        while waiting:
            parent, child = waiting.pop()
            if isinstance(child, Element):
                made = parent.children.append(XmlElement(child.tag))
                for name, value in child.attributes.items():
                    made.attributes[name] = value
                waiting += ((made, inner) for inner in reversed(child.children))
            else:
                text = parent.children.append(XmlText())
                if isinstance(child, str):
                    text.insert(0, child)
                else:
                    text.insert(0, child.text, child.formatting)
    return doc


def fixture(name: str) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.apply_update((FIXTURES / name).read_bytes())
    return doc
