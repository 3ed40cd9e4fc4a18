"""The server process is killed without warning while people draw, and started again: what was acknowledged is there."""

import asyncio
import random
from itertools import count
from pathlib import Path

import socketio.exceptions

from protocol.document_requests import DocumentCreated
from tests.server.gateway.test_crash import gateway_process
from tests.support.documents import OpenDocument, PageDocument
from tests.support.gateway import ROOM
from tests.support.page import Page

ROUNDS = 3
AT_ONCE = 5
SEED = 7


class Drawing:
    """Draws without end, and knows what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}
        self.has_some = asyncio.Event()

    async def draw(self, board: OpenDocument, name: str) -> None:
        """Send one update after the other, without waiting for those before."""
        under_way = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for number in count(1):
                await under_way.acquire()
                group.create_task(self._send(board, f"{name}.{number}", under_way))

    async def _send(self, board: OpenDocument, element: str, under_way: asyncio.Semaphore) -> None:
        try:
            await board.draw(**{element: "1"})
        except socketio.exceptions.SocketIOError:
            return  # nobody answers any more
        under_way.release()
        self.acknowledged[element] = "1"
        self.has_some.set()


async def enter(url: str, page: Page) -> None:
    await page.connect(url)
    await page.join(ROOM)


async def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    drawing, document_id = Drawing(), ""
    wait = random.Random(SEED)
    for attempt in range(ROUNDS):
        async with gateway_process(tmp_path) as (process, url, page):
            await enter(url, page)
            if not document_id:
                created = await page.ask(DocumentCreated, kind="board", title="Today")
                document_id = created.document.document_id
            board = OpenDocument(page, document_id)
            await board.open()
            assert drawing.acknowledged.items() <= board.copy.shown().items()
            drawing.has_some.clear()
            at_work = asyncio.create_task(drawing.draw(board, f"round {attempt}"))
            async with asyncio.timeout(30):
                await drawing.has_some.wait()
                known = len(drawing.acknowledged)
                more = wait.randint(5, 60)
                while len(drawing.acknowledged) < known + more:
                    drawing.has_some.clear()
                    await drawing.has_some.wait()
            process.kill()
            await process.wait()
            at_work.cancel()
            await asyncio.wait([at_work])
    async with gateway_process(tmp_path) as (_, url, page):
        await enter(url, page)
        board = OpenDocument(page, document_id)
        await board.open()
        assert drawing.acknowledged.items() <= board.copy.shown().items()
        late = PageDocument()
        late.receive(board.copy.doc.get_update())
        assert await board.draw(after="1") > 0
