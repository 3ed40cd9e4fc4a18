"""The hours log when things break: whatever was acknowledged is there, and the chain holds."""

import asyncio
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from protocol.hours import EntryState
from server.errors import StoreError
from server.hours.log.chain import Verifier
from server.store.database import Database
from server.store.location import Location
from tests.support.command import ROOT
from tests.support.hours import Programme
from tests.support.postgresql import text_of

ROUNDS = 4
SEED = 11


async def append_until_killed(location: Location, name: str, after: int) -> dict[str, int]:
    """Return the numbers of the entries that were acknowledged."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.hours_appender", *text_of(location), name),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    acknowledged: dict[str, int] = {}
    async with asyncio.timeout(60):
        while len(acknowledged) < after:
            line = (await process.stdout.readline()).decode()
            assert line
            entry_id, _, number = line.rpartition(" ")
            acknowledged[entry_id] = int(number)
        process.kill()
        await process.wait()
    return acknowledged


async def test_a_process_that_is_killed_leaves_whole_steps_and_loses_none(location: Location) -> None:
    database = await Database.open(location)
    programme = Programme(database)
    await programme.set_up()
    wait = random.Random(SEED)
    acknowledged: dict[str, int] = {}
    for attempt in range(ROUNDS):
        # Two at once: one is killed while the other one goes on.
        found = await asyncio.gather(
            *(append_until_killed(location, f"{name} {attempt}", wait.randint(1, 12)) for name in ("one", "two"))
        )
        acknowledged |= found[0] | found[1]
        walked = await programme.verified()
        assert isinstance(walked, Verifier), walked
        assert walked.count >= 2 * len(acknowledged)
        entries = await programme.log.find(list(acknowledged))
        assert {entry.latest.entry_id: entry.number for entry in entries} == acknowledged
        assert {entry.state for entry in entries} == {EntryState.CONFIRMED}
        assert (await programme.log.rebuild("", 10_000)).changed == ()
    await database.close()


async def test_a_full_disk_takes_no_half_of_a_step(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    programme = Programme(database)
    await programme.set_up()
    # SQLite reports what it may not exceed exactly as it reports a full disk.
    async with database.session() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    kept = 0

    async def append_until_full() -> None:
        nonlocal kept
        for _ in range(1_000):
            await programme.append(*(programme.entered(f"{kept} {number}") for number in range(3)))
            kept += 1

    with pytest.raises(StoreError, match="the disk is full"):
        await append_until_full()
    walked = await programme.verified()
    assert isinstance(walked, Verifier)
    assert walked.count == 3 * kept
    async with database.session() as session:
        await session.execute(text("PRAGMA max_page_count = 1000000"))
    [entry] = await programme.append(programme.entered("after"))
    assert entry.number == 3 * kept + 1
    assert (await programme.log.rebuild("", 10_000)).changed == ()
    await database.close()
