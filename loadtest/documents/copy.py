"""A page's copy of a document, kept as our page keeps it."""

from typing import Any

import msgspec
from pycrdt import Doc, Map

from protocol.documents import DOCUMENT_ROOTS, DocumentKind
from protocol.events import DocumentUpdated

_updates = msgspec.msgpack.Decoder(DocumentUpdated)


class BoardCopy:
    """All of a board."""

    def __init__(self) -> None:
        self.gaps = 0
        """Changes that should have been told and were not."""
        self._doc: Doc = Doc()  # type: ignore[type-arg]
        self._seq = 0

    def begin(self, seq: int, update: bytes) -> None:
        """Take what the document is after the change numbered `seq`."""
        self._seq = seq
        self._doc.apply_update(update)

    def take(self, data: bytes) -> None:
        """Take a `DocumentUpdated` in msgpack."""
        told = _updates.decode(data)
        if told.seq <= self._seq:
            return
        self.gaps += told.seq != self._seq + 1 or told.update is None
        self._seq = told.seq
        if told.update is not None:
            self._doc.apply_update(told.update)

    def contents(self) -> dict[str, dict[str, Any]]:
        """Return what is in it."""
        roots = sorted(DOCUMENT_ROOTS[DocumentKind.BOARD])
        maps: dict[str, Map] = {name: self._doc.get(name, type=Map) for name in roots}  # type: ignore[type-arg]
        return {name: one.to_py() or {} for name, one in maps.items()}
