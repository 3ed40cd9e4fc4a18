"""Whatever happens in whatever order, the records are what happened."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.room.directory import Entry
from server.store.database import Database
from server.store.sqlite.backend import FILE_NAME
from tests.server.hours.node import PEOPLE, Node
from tests.support.clock import ManualClock
from tests.support.gateway import run_sql


@dataclass
class Stay:
    """A connection as it really was."""

    who: str
    joined_at: int
    last_seen_at: int
    left_at: int | None = None


STEPS = st.one_of(
    st.tuples(st.just("join"), st.sampled_from(PEOPLE), st.sampled_from(["tab 1", "tab 2"])),
    st.tuples(st.sampled_from(["lose", "leave"]), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 25, 70])),
    st.tuples(st.sampled_from(["beat", "crash", "break disk", "mend disk"])),
)


class History:
    """Does the steps on a node, and knows what must have been recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.stays: dict[str, Stay] = {}
        self.inside: dict[str, Entry] = {}
        self.is_broken = False
        self.starts = 0

    async def run(self, steps: list[tuple[Any, ...]]) -> None:
        await self.start()
        for name, *arguments in steps:
            await getattr(self, name.replace(" ", "_"))(*arguments)
            await self.node.hooks_done()
            self.take_note_of_who_was_replaced()
            if not self.is_broken:
                assert await self.node.presence.flush()
        await self.mend_disk()
        await self.node.stop()
        for connection_id in list(self.inside):
            self.end(connection_id)

    async def start(self) -> None:
        self.starts += 1
        self.node = Node(self.folder, self.clock, f"node_{self.starts}")
        await self.node.start()

    async def join(self, who: str, endpoint_id: str) -> None:
        entry = await self.node.join(who, endpoint_id)
        now = self.clock.now_ms()
        self.inside[entry.caller.connection_id] = entry
        self.stays[entry.caller.connection_id] = Stay(who, joined_at=now, last_seen_at=now)

    async def lose(self, index: int) -> None:
        for entry in list(self.inside.values())[index : index + 1]:
            self.node.directory.lose(entry)
            self.end(entry.caller.connection_id)

    async def leave(self, index: int) -> None:
        for entry in list(self.inside.values())[index : index + 1]:
            self.node.directory.leave(entry)
            self.end(entry.caller.connection_id)

    async def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        self.node.directory.tick()

    async def beat(self) -> None:
        if not self.is_broken:
            await self.node.presence.flush()
            await self.node.presence.renew()
            for connection_id in self.inside:
                self.stays[connection_id].last_seen_at = self.clock.now_ms()

    async def crash(self) -> None:
        """The node is gone; what was written of it is all there is."""
        if self.is_broken:
            await self.mend_disk()  # what a disk loses together with a crash is lost
            await self.node.presence.flush()
        await self.node.crash()
        for connection_id in list(self.inside):
            self.end(connection_id, self.stays[connection_id].last_seen_at)
        self.clock.advance(seconds=3)
        await self.start()

    async def break_disk(self) -> None:
        if not self.is_broken:
            await asyncio.to_thread(run_sql, self.folder, "ALTER TABLE connection RENAME TO gone")
            self.is_broken = True
            with capture_logs():
                await self.node.presence.flush()

    async def mend_disk(self) -> None:
        if self.is_broken:
            await asyncio.to_thread(run_sql, self.folder, "ALTER TABLE gone RENAME TO connection")
            self.is_broken = False

    def take_note_of_who_was_replaced(self) -> None:
        for connection_id, entry in list(self.inside.items()):
            if not entry.meeting._state.is_inside(connection_id):
                self.end(connection_id)

    def end(self, connection_id: str, at: int | None = None) -> None:
        del self.inside[connection_id]
        self.stays[connection_id].left_at = self.clock.now_ms() if at is None else at


@pytest.fixture(scope="module")
def empty_database() -> Iterator[Path]:
    """A database with its tables, to be copied."""
    with TemporaryDirectory() as folder:
        asyncio.run(_create(Path(folder)))
        yield Path(folder)


async def _create(folder: Path) -> None:
    await (await Database.open(folder)).close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=25))
def test_the_records_are_what_happened(empty_database: Path, steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(empty_database / FILE_NAME, folder / FILE_NAME)
        history = History(folder)
        asyncio.run(history.run(steps))
        rows = {row["connection_id"]: row for row in run_sql(folder, "SELECT * FROM connection")}
        assert {key: (row["joined_at"], row["left_at"]) for key, row in rows.items()} == {
            key: (stay.joined_at, stay.left_at) for key, stay in history.stays.items()
        }
        for who, person in history.node.people.items():
            own = [(row["joined_at"], row["left_at"]) for row in rows.values() if row["person_id"] == person.person_id]
            really = [(stay.joined_at, stay.left_at) for stay in history.stays.values() if stay.who == who]
            assert seconds(own) == seconds(really)
        meetings = run_sql(folder, "SELECT * FROM meeting")
        for meeting in meetings:
            assert meeting["opened_at"] <= meeting["closed_at"]
            for row in rows.values():
                if row["meeting_id"] == meeting["meeting_id"]:
                    assert meeting["opened_at"] <= row["joined_at"] <= row["left_at"] <= meeting["closed_at"]


def seconds(intervals: list[tuple[int, Any]]) -> set[int]:
    """Return the seconds that any of the intervals covers: their union."""
    return {second for start, end in intervals for second in range(start // 1000, end // 1000)}
