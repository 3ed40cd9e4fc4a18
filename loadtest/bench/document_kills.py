"""Part of `documents`: the server is killed while people draw; what it has acknowledged has to be there afterwards."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from loadtest.bench.cores import Cores
from loadtest.bench.document_room import Invitation, invite, open_board, read_board
from loadtest.bench.report import Comparison, Report, Row, Target
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.bots.errors import RequestError
from loadtest.documents.copy import BoardCopy
from loadtest.documents.page import MOST_UNDER_WAY, BoardPage
from loadtest.documents.stamps import author_code, write_stamp
from loadtest.documents.strokes import Pen

NOTHING_LOST = Target(Comparison.EXACTLY, 0)
EDITS = 1_000
"""Acknowledged in one round before the server is killed."""
PEOPLE = 10
_MOMENT_S = 0.05
"""Longer than what comes together is collected and written."""
_MOST_IN_A_ROUND = 1_000_000


@dataclass(slots=True)
class Kills:
    """What was acknowledged before each kill, and what of it was gone after the next start."""

    rounds: int = 0
    acknowledged: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


async def measure_kills(folder: Path, cores: Cores, *, rounds: int) -> Kills:
    """Kill the server `rounds` times. After every start, everything that was ever acknowledged is looked for."""
    data = folder / "data"
    kills = Kills()
    async with running_server(data, cores.server) as server:
        invitation = await invite(server, PEOPLE)
        await _round(server, invitation, kills)
    for _ in range(rounds - 1):
        async with running_server(data, cores.server) as server:
            await _look(server, invitation, kills)
            await _round(server, invitation, kills)
    async with running_server(data, cores.server) as server:
        await _look(server, invitation, kills)
    return kills


def judge_kills(kills: Kills) -> Report:
    """Make rows of what was lost."""
    rows = [
        Row("documents kill -9", "edits acknowledged", len(kills.acknowledged), ""),
        Row("documents kill -9", "acknowledged edits lost", len(kills.lost), "", NOTHING_LOST),
    ]
    note = f"documents kill -9: {kills.rounds} kills, each in the middle of {EDITS:,} edits of {PEOPLE} people."
    return Report(rows, [note])


class _Round:
    """People who draw as fast as they are acknowledged, until the server is killed."""

    def __init__(self, kills: Kills) -> None:
        self.is_enough = asyncio.Event()
        self._kills = kills
        self._enough = len(kills.acknowledged) + EDITS
        self._count = 0

    async def draw(self, page: BoardPage, pen: Pen) -> None:
        """Draw one update after the other, each marked with a number of its own."""
        while not page.is_lost:
            self._count += 1
            number = self._kills.rounds * _MOST_IN_A_ROUND + self._count
            try:
                await page.keep(pen.draw(number))
            except RequestError:
                if not page.is_lost:
                    raise
                return
            self._kills.acknowledged.add(write_stamp(pen.author, number))
            if len(self._kills.acknowledged) >= self._enough:
                self.is_enough.set()


async def _round(server: ServerProcess, invitation: Invitation, kills: Kills) -> None:
    kills.rounds += 1
    drawing = _Round(kills)
    chance = Random(kills.rounds)  # noqa: S311 - makes runs alike, hides nothing
    pages = [(await open_board(server, invitation, number, _ignore))[0] for number in range(PEOPLE)]
    try:
        async with asyncio.TaskGroup() as group:
            for number, page in enumerate(pages):
                pen = Pen(author_code(number), Random(number + PEOPLE * kills.rounds))  # noqa: S311
                for _ in range(MOST_UNDER_WAY):
                    group.create_task(drawing.draw(page, pen))
            await drawing.is_enough.wait()
            # An acknowledgement follows a write: right after one would always be the best of moments.
            await asyncio.sleep(chance.uniform(0, _MOMENT_S))
            await server.kill()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures


async def _look(server: ServerProcess, invitation: Invitation, kills: Kills) -> None:
    board = BoardCopy()
    board.begin(0, await read_board(server, invitation))
    strokes = board.contents()["points"].values()
    found = {entry for points in strokes for entry in points if isinstance(entry, str)}
    kills.lost |= kills.acknowledged - found


def _ignore(_name: str, _data: bytes) -> None:
    """Nobody looks."""
