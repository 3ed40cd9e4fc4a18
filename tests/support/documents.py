"""Documents as pages have them: pycrdt in the place of Yjs, by itself or over a real connection."""

import asyncio
import zlib
from typing import Any

from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from protocol.document_requests import DocumentOpened
from protocol.documents import MAX_UPDATE_BYTES, Passage
from protocol.events import DocumentUpdated
from server.documents.notes.action_items import action_items
from server.documents.notes.reader import read_notes
from server.documents.notes.walk import Open, Walk
from tests.support.page import Page


class PageDocument:
    """One page's copy of a document, which notes every update that it makes."""

    def __init__(self, client: int | None = None) -> None:
        self.doc: Doc = Doc(client_id=client)  # type: ignore[type-arg]
        self.updates: list[bytes] = []
        self._subscription = self.doc.observe(self._on_transaction)
        self._is_receiving = False

    @property
    def elements(self) -> Map:  # type: ignore[type-arg]
        """What a board consists of."""
        elements: Map = self.doc.get("elements", type=Map)  # type: ignore[type-arg]
        return elements

    def shown(self) -> dict[str, Any]:
        """Return what the board shows."""
        shown: dict[str, Any] = self.elements.to_py() or {}
        return shown

    def receive(self, update: bytes) -> None:
        """Apply what comes from elsewhere."""
        self._is_receiving = True
        self.doc.apply_update(update)
        self._is_receiving = False

    def draw(self, **elements: str) -> bytes:
        """Change elements, and return the update that says so."""
        with self.doc.transaction():
            for element_id, value in elements.items():
                self.elements[element_id] = value
        return self.updates[-1]

    def draw_point(self, element_id: str, point: str) -> bytes:
        """Change an element and add a point to those of the board, in one update."""
        with self.doc.transaction():
            self.elements[element_id] = point
            self.doc.get("points", type=Map)[point] = element_id
        return self.updates[-1]

    def points(self) -> dict[str, Any]:
        """Return the points of the board."""
        points: dict[str, Any] = self.doc.get("points", type=Map).to_py() or {}
        return points

    def erase(self, element_id: str) -> bytes:
        """Take an element out, and return the update that says so."""
        del self.elements[element_id]
        return self.updates[-1]

    @property
    def notes(self) -> XmlFragment:
        """What notes consist of."""
        fragment: XmlFragment = self.doc.get("notes", type=XmlFragment)
        return fragment

    def write(self, text: str) -> bytes:
        """Write a paragraph at the end of the notes, and return the update that says so."""
        with self.doc.transaction():
            paragraph = self.notes.children.append(XmlElement("paragraph"))
            paragraph.children.append(XmlText(text))
        return self.updates[-1]

    def write_task(self, item_id: str, text: str, owner_id: str, **attributes: Any) -> bytes:
        """Write an action item at the end of the notes, and return the update that says so."""
        with self.doc.transaction():
            item = self.notes.children.append(XmlElement("taskList")).children.append(XmlElement("taskItem"))
            for name, value in {"itemId": item_id, "ownerId": owner_id, "checked": False, **attributes}.items():
                item.attributes[name] = value
            item.children.append(XmlElement("paragraph")).children.append(XmlText(text))
        return self.updates[-1]

    def assign(self, item_id: str, owner_id: str) -> bytes:
        """Make an action item somebody's, and return the update that says so."""
        with self.doc.transaction():
            for event in Walk(self.doc).events():
                if isinstance(event, Open) and event.element.attributes.get("itemId") == item_id:
                    event.element.attributes["ownerId"] = owner_id
        return self.updates[-1]

    def ticks(self) -> dict[str, bool]:
        """Return which action items are ticked, by id."""
        return {item.item_id: item.is_done for item in action_items(read_notes(self.doc))}

    def _on_transaction(self, event: TransactionEvent) -> None:
        if not self._is_receiving:
            self.updates.append(event.update)


class OpenDocument:
    """A document that a page has open: it sends what is drawn and takes what it is told, as our client does."""

    def __init__(self, page: Page, document_id: str) -> None:
        self.page = page
        self.document_id = document_id
        self.copy = PageDocument()
        self.epoch = self.seq = 0
        self._told = len(page.notices)

    async def open(self) -> DocumentOpened:
        """Open the document, or open it again, and send what the server lacks."""
        self._told = len(self.page.notices)
        state = self.copy.doc.get_state()
        reply = await self.page.ask(DocumentOpened, document_id=self.document_id, epoch=self.epoch, state=state)
        update = await read_passage(self.page, reply.update)
        self.copy.receive(update)
        self.epoch, self.seq = reply.epoch, reply.seq
        missing = self.copy.doc.get_update(reply.state)
        if missing != b"\x00\x00":
            await self.send(missing)
        return reply

    async def draw(self, **elements: str) -> int:
        """Change elements; return the number of the change that was kept."""
        return await self.send(self.copy.draw(**elements))

    async def send(self, update: bytes) -> int:
        """Send an update, in parts where it is long."""
        for offset in range(0, max(1, len(update)), MAX_UPDATE_BYTES):
            seq = await self.send_part(update, offset)
        return seq

    async def send_part(self, update: bytes, offset: int) -> int:
        """Send the part of an update that begins at a byte of it."""
        kept = await self.page.request(
            "document_update",
            document_id=self.document_id,
            epoch=self.epoch,
            update=update[offset : offset + MAX_UPDATE_BYTES],
            is_part=offset + MAX_UPDATE_BYTES < len(update),
            offset=offset,
        )
        seq: int = kept["seq"]
        return seq

    async def until(self, seq: int) -> None:
        """Take what is told until the change numbered `seq` is there."""
        async with asyncio.timeout(30):
            while self.seq < seq:
                if self._told == len(self.page.notices):
                    await self.page.heard_something()
                    continue
                notice = self.page.notices[self._told]
                self._told += 1
                if isinstance(notice, DocumentUpdated) and notice.document_id == self.document_id:
                    await self._take(notice)

    async def _take(self, notice: DocumentUpdated) -> None:
        if notice.seq <= self.seq:
            return
        if notice.seq != self.seq + 1 or notice.update is None:
            await self.open()
        else:
            self.copy.receive(notice.update)
            self.seq = notice.seq


async def read_passage(page: Page, passage: Passage) -> bytes:
    """Return all of a passage."""
    packed = passage.data
    while len(packed) < passage.size:
        more = await page.request("document_more", passage_id=passage.passage_id, offset=len(packed))
        packed += more["data"]
    return zlib.decompress(packed)


def write_everything(page: PageDocument) -> None:
    """Use whatever boards and notes consist of, in one update."""
    with page.doc.transaction():
        elements = page.elements
        elements["one"] = '{"type":"rectangle"}'
        elements["values"] = {"list": [1, -70_000, 2.5, None, True, False], "bytes": b"\x00\xff", "text": "é😀"}
        elements["points"] = Array([1, 2, 3])
        del elements["one"]
        text = page.doc.get("text", type=Text)
        text += "hällo 😀"
        text.insert(0, "bold", {"bold": True})
        text.insert_embed(0, {"image": "file"})
        del text[2]
        notes = page.doc.get("notes", type=XmlFragment)
        paragraph = notes.children.append(XmlElement("paragraph", {"indent": "1"}))
        paragraph.children.append(XmlText("written"))
