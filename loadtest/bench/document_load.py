"""Part of `documents`: how soon a board of 5,000 elements is there, for the first one who opens it after a restart."""

import asyncio
import json
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pycrdt import Array, Doc, Map, TransactionEvent

from loadtest.bench.cores import Cores
from loadtest.bench.document_room import Invitation, come_in, invite, open_board
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerError, ServerProcess, running_server
from loadtest.documents.copy import BoardCopy
from loadtest.documents.page import MOST_UNDER_WAY

SERVER_LOAD = Target(Comparison.BELOW, 100)
ELEMENTS = 5_000
TAIL = 200
"""Changes after the snapshot."""
_AT_ONCE = 25
"""Elements in one update while the board is being filled."""
_POINTS = 60
_SHAPES_PER_STROKE = 4
"""One element in five is drawn by hand."""
_EXTENT = 20_000


@dataclass(frozen=True, slots=True)
class Load:
    """One first opening."""

    answer_ms: float
    """Until the server has put the document together and answered."""
    whole_ms: float
    """Until the last byte is at the page."""
    packed_kb: float
    whole_kb: float


class BoardFiller:
    """Makes a board of shapes, texts and strokes, as updates."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._doc: Doc = Doc()  # type: ignore[type-arg]
        self._elements: Map = self._doc.get("elements", type=Map)  # type: ignore[type-arg]
        self._points: Map = self._doc.get("points", type=Map)  # type: ignore[type-arg]
        self._updates: list[bytes] = []
        self._subscription = self._doc.observe(self._on_transaction)
        self._count = 0

    def add(self, count: int) -> bytes:
        """Return the update that adds so many elements."""
        with self._doc.transaction():
            for _ in range(count):
                self._add()
        return self._updates.pop()

    def _add(self) -> None:
        chance = self._chance
        element_id = f"{chance.getrandbits(120):030x}"
        is_drawn = self._count % (_SHAPES_PER_STROKE + 1) == 0
        element: dict[str, Any] = {
            "id": element_id,
            "type": "freedraw" if is_drawn else chance.choice(("rectangle", "ellipse", "arrow", "text")),
            "x": chance.randrange(_EXTENT) / 8,
            "y": chance.randrange(_EXTENT) / 8,
            "width": chance.randrange(4_000) / 8,
            "height": chance.randrange(4_000) / 8,
            "strokeColor": f"#{chance.getrandbits(24):06x}",
            "backgroundColor": "transparent",
            "strokeWidth": 2,
            "roughness": 1,
            "seed": chance.getrandbits(31),
            "index": f"d{self._count:04d}",
            "groupIds": [],
            "boundElements": [],
            "text": "" if is_drawn else f"No. {self._count} of what is on the board",
        }
        self._elements[element_id] = json.dumps(element, separators=(",", ":"))
        if is_drawn:
            angles = (step / 8 + chance.random() for step in range(_POINTS))
            points = [round(value * 64) / 64 for a in angles for value in (90 * math.cos(a), 90 * math.sin(a))]
            self._points[element_id] = Array(points)
        self._count += 1

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._updates.append(event.update)


async def fill_board(
    server: ServerProcess, invitation: Invitation, filler: BoardFiller, elements: int, *, at_once: int = _AT_ONCE
) -> None:
    """Add so many elements, a few in each update."""
    page, _ = await open_board(server, invitation, 0, lambda _name, _data: None)
    updates = elements // at_once
    while updates > 0:
        count = min(updates, MOST_UNDER_WAY)
        await asyncio.gather(*(page.keep(filler.add(at_once)) for _ in range(count)))
        updates -= count
    page.close()


async def measure_loads(folder: Path, cores: Cores, *, repeats: int) -> list[Load]:
    """Fill a board, so that there is a snapshot and changes after it; then restart and open it, `repeats` times.

    Raises `ServerError`: it was not all there.
    """
    data = folder / "data"
    filler = BoardFiller(Random(1))  # noqa: S311 - makes runs alike, hides nothing
    async with running_server(data, cores.server) as server:
        invitation = await invite(server, 1)
        await fill_board(server, invitation, filler, ELEMENTS - TAIL)
    # Ended in order, the server has left a snapshot. From here on it is not given the time.
    async with running_server(data, cores.server) as server:
        await fill_board(server, invitation, filler, TAIL, at_once=1)
        await server.kill()
    loads = []
    for _ in range(repeats):
        async with running_server(data, cores.server) as server:
            loads.append(await _load(server, invitation))
            await server.kill()
    return loads


def judge_loads(loads: list[Load]) -> Report:
    """Make rows of the medians."""

    def row(name: str, values: list[float], unit: str, target: Target | None = None) -> Row:
        return Row(f"documents {ELEMENTS:,} elements", name, median_of(values), unit, target)

    rows = [
        row("first answer after a restart", [load.answer_ms for load in loads], "ms", SERVER_LOAD),
        row("last byte at the page", [load.whole_ms for load in loads], "ms"),
        row("bytes sent, compressed", [load.packed_kb for load in loads], "kB"),
        row("bytes of the document", [load.whole_kb for load in loads], "kB"),
    ]
    note = (
        f"documents {ELEMENTS:,} elements: medians of {len(loads)} first openings after a restart;"
        f" a snapshot and {TAIL} elements that were added after it."
    )
    return Report(rows, [note])


async def _load(server: ServerProcess, invitation: Invitation) -> Load:
    page = await come_in(server, invitation.cookies[0], lambda _name, _data: None)
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    opened = await page.open(invitation.document_id)
    answered_at = loop.time()
    whole = await page.read(opened.update)
    read_at = loop.time()
    page.close()
    board = BoardCopy()
    board.begin(opened.seq, whole)
    if (found := len(board.contents()["elements"])) != ELEMENTS:
        raise ServerError(f"of {ELEMENTS} elements {found} are on the board")
    return Load(
        answer_ms=1_000 * (answered_at - began_at),
        whole_ms=1_000 * (read_at - began_at),
        packed_kb=opened.update.size / 1_000,
        whole_kb=len(whole) / 1_000,
    )
