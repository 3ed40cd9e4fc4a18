"""Whatever happens in whatever order, the time that is recorded is what passed: never more, never twice.

What really passed is counted by an oracle of its own. `ROUNDUP_PRESENCE_EXAMPLES` says how many histories are tried.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.gateway.engine import PING_INTERVAL_S, PING_TIMEOUT_S
from server.hours.attendance import attendance_of
from server.hours.intervals import Interval, Intervals, overlap, total, union
from server.hours.presence import HEARTBEAT_S
from server.room.directory import Entry
from server.store.attendance import AttendanceRepository
from server.store.presence import EventRecord
from tests.server.hours.node import PEOPLE, Node, Opened
from tests.support.clock import ManualClock
from tests.support.gateway import run_sql

EXAMPLES = int(os.environ.get("ROUNDUP_PRESENCE_EXAMPLES", "40"))
LOST_AT_MOST_MS = 10_000
"""By each crash of the server, and each line that dies without a word."""
HOUR_S = 3_600
MEMORY = Path("/dev/shm")
"""Where files are that no disk is waited for: what is tried here is no power failure."""

STEPS = st.one_of(
    st.tuples(st.just("join"), st.sampled_from(PEOPLE), st.sampled_from(["tab 1", "tab 2", "phone"])),
    st.tuples(st.sampled_from(["drop", "leave"]), st.integers(0, 2)),
    st.tuples(st.just("fall silent"), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 7, 25, 70])),
    st.tuples(st.just("set wall clock"), st.sampled_from([HOUR_S, -HOUR_S])),
    st.tuples(st.sampled_from(["crash", "break disk", "mend disk", "replay", "overflow"])),
)


@dataclass
class Stay:
    """A connection as it really was, on a clock that nobody sets."""

    who: str
    entry: Entry
    joined_at: int
    is_silent: bool = False
    """It has ended, and the server has not noticed."""
    heard_at: int = 0
    ended_at: int | None = None


class Truth:
    """What really passed."""

    def __init__(self) -> None:
        self.stays: list[Stay] = []
        self.allowed_ms: Counter[str] = Counter()
        """How much may be missing, by person."""

    def inside(self) -> list[Stay]:
        """Return the connections that the server has not noticed to be gone."""
        return [stay for stay in self.stays if stay.ended_at is None or stay.is_silent]

    def present(self, who: str) -> Intervals:
        own = [stay for stay in self.stays if stay.who == who]
        return union(Interval(stay.joined_at, stay.ended_at or stay.joined_at) for stay in own)


class History:
    """Does the steps on a node, and counts what passes."""

    def __init__(self, place: "Place") -> None:
        self.place = place
        self.folder = place.folder
        self.clock = ManualClock()
        self.truth = Truth()
        self.is_broken = False
        self.is_behind = False
        """Whether no heartbeat was written since the disk failed."""
        self.starts = 0

    @property
    def now(self) -> int:
        return round(self.clock.monotonic() * 1_000)

    async def run(self, steps: list[tuple[Any, ...]]) -> None:
        await self.start()
        for name, *arguments in steps:
            await getattr(self, name.replace(" ", "_"))(*arguments)
            await self.settle()
        await self.mend_disk()
        for stay in self.truth.inside():
            self.end(stay, allowed_ms=PING_INTERVAL_S * 1_000)
        await self.node.stop()

    async def settle(self) -> None:
        await self.node.hooks_done()
        for stay in self.truth.inside():
            if not stay.entry.meeting._state.is_inside(stay.entry.caller.connection_id):
                self.end(stay, allowed_ms=PING_INTERVAL_S * 1_000)  # a newer connection has its place
        if not self.is_broken:
            assert await self.node.presence.flush()

    async def start(self) -> None:
        self.starts += 1
        self.node = Node(self.folder, self.clock, f"node_{self.starts}", self.place.opened)
        await self.node.start()
        await self.node.presence._conclusions.draw()

    async def join(self, who: str, endpoint_id: str) -> None:
        entry = await self.node.join(who, endpoint_id)
        self.truth.stays.append(Stay(who, entry, joined_at=self.now, heard_at=self.now))

    async def drop(self, index: int) -> None:
        for stay in self.truth.inside()[index : index + 1]:
            self.hear(stay, is_good=not stay.is_silent)
            self.node.directory.lose(stay.entry)
            self.end(stay)

    async def leave(self, index: int) -> None:
        for stay in self.truth.inside()[index : index + 1]:
            if not stay.is_silent:
                self.hear(stay, is_good=True)
                self.node.directory.leave(stay.entry)
                self.end(stay)

    async def fall_silent(self, index: int) -> None:
        """The line dies without a word: a laptop is shut, say. The person is gone."""
        for stay in self.truth.inside()[index : index + 1]:
            if not stay.is_silent:
                stay.ended_at, stay.is_silent = self.now, True
                self.truth.allowed_ms[stay.who] += LOST_AT_MOST_MS

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(seconds=1)
            for stay in self.truth.inside():
                self.hear(
                    stay, is_good=not stay.is_silent and (self.now - stay.joined_at) % (PING_INTERVAL_S * 1_000) == 0
                )
                if self.now - stay.heard_at >= (PING_INTERVAL_S + PING_TIMEOUT_S) * 1_000:
                    self.node.directory.lose(stay.entry)
                    self.end(stay)
            self.node.directory.tick()
            if self.clock.monotonic() >= self.node.presence._renew_at:
                await self.beat()

    async def beat(self) -> None:
        with capture_logs():
            await self.node.presence.flush()
            await self.node.presence.renew()
            await self.node.presence.flush()
        self.is_behind = self.is_behind and self.is_broken

    async def set_wall_clock(self, seconds: int) -> None:
        self.clock.set_wall_clock(seconds=seconds)

    async def crash(self) -> None:
        """The node is killed and started again; the old one comes back to life later, and tries to go on."""
        if self.is_behind:
            await self.mend_disk()  # what a disk loses together with a crash is lost
            await self.beat()
        for stay in self.truth.inside():
            self.end(stay, allowed_ms=LOST_AT_MOST_MS)
        stale = self.node
        self.clock.advance(seconds=3)
        await self.start()
        with capture_logs():
            await stale.join("ana", "from long ago")
            self.clock.advance(seconds=2)
            for feature in list(stale.presence._features.values()):
                feature.beat()
            await stale.directory.close()
            await stale.presence.flush()
            await stale.presence.renew()
        await stale.crash()

    async def replay(self) -> None:
        """Everything comes once more, the newest first."""
        if self.is_broken:
            return
        rows = sorted(await self.node.rows("presence_event"), key=lambda row: -row["at"])
        events = [EventRecord(**row) for row in rows]
        await self.node.presence._repository.record(self.node.node_id, [], [], [*events, *events])

    async def overflow(self) -> None:
        """Too much waits for a disk that is away: what waits is given up."""
        if self.is_broken:
            for who in PEOPLE:
                self.truth.allowed_ms[who] += 10**9  # no promise is made for that long, but that nothing is invented
            for pending in (self.node.presence._connections, self.node.presence._events):
                pending.clear()
            await self.mend_disk()
            await self.node.presence.sweep()

    async def break_disk(self) -> None:
        if not self.is_broken:
            await asyncio.to_thread(run_sql, self.folder, "ALTER TABLE node RENAME TO gone")
            self.is_broken = self.is_behind = True
            with capture_logs():
                await self.node.presence.flush()

    async def mend_disk(self) -> None:
        if self.is_broken:
            await asyncio.to_thread(run_sql, self.folder, "ALTER TABLE gone RENAME TO node")
            self.is_broken = False

    def hear(self, stay: Stay, *, is_good: bool) -> None:
        """Say when the page was heard last: now, on a good line."""
        if is_good:
            stay.heard_at = self.now
        self.node.outboxes[stay.entry.caller.connection_id].silent_s = (self.now - stay.heard_at) / 1_000

    def end(self, stay: Stay, *, allowed_ms: int = 0) -> None:
        if not stay.is_silent:
            stay.ended_at = self.now
            self.truth.allowed_ms[stay.who] += allowed_ms
        stay.is_silent = False


@dataclass(frozen=True)
class Place:
    """An open database that history after history happens in, each as if it were the first.

    To open it again and again would take longer than what happens in it.
    """

    folder: Path
    opened: Opened
    runner: asyncio.Runner

    def run(self, history: History, steps: list[tuple[Any, ...]]) -> None:
        """Let a history happen where nothing has happened yet."""
        for table in ("presence_event", "attendance", "connection", "meeting", "node"):
            run_sql(self.folder, f"DELETE FROM {table}")
        self.runner.run(self._run(history, steps))

    async def _run(self, history: History, steps: list[tuple[Any, ...]]) -> None:
        try:
            await history.run(steps)
        finally:
            await history.mend_disk()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)


async def recorded(folder: Path, node: Node) -> dict[str, list[Intervals]]:
    """Return everybody's time, by meeting, on the clock that nobody sets."""
    found: dict[str, list[Intervals]] = {who: [] for who in PEOPLE}
    names = {person.person_id: who for who, person in node.people.items()}
    rows = run_sql(folder, "SELECT meeting_id FROM meeting")
    for history in await AttendanceRepository(node.database).load_histories([row["meeting_id"] for row in rows]):
        assert history.clock_offset is not None
        assert history.closed_at is not None
        for person_id, each in attendance_of(history).items():
            offset = history.clock_offset
            moved = tuple(Interval(part.start - offset, part.end - offset) for part in each.present)
            found[names[person_id]].append(moved)
    return found


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Where histories happen."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name, asyncio.Runner() as runner:
        folder = Path(name)
        opened = runner.run(Opened.open(folder))
        yield Place(folder, opened, runner)
        runner.run(opened.database.close())


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=st.lists(STEPS, min_size=6, max_size=30))
def test_the_time_that_is_recorded_is_what_passed(place: Place, steps: list[tuple[Any, ...]]) -> None:
    history = History(place)
    place.run(history, steps)
    for who, by_meeting in place.runner.run(recorded(place.folder, history.node)).items():
        present = union(part for intervals in by_meeting for part in intervals)
        assert total(present) == sum(map(total, by_meeting)), "no instant is in two meetings of a room"
        really = history.truth.present(who)
        assert overlap(present, really) == present, "never more than real time"
        assert total(really) - total(present) <= history.truth.allowed_ms[who]
    for row in run_sql(place.folder, "SELECT * FROM connection"):
        assert row["joined_at"] <= row["left_at"] == row["last_seen_at"]
    open_nodes = run_sql(place.folder, "SELECT node_id FROM node WHERE ended_at IS NULL")
    assert open_nodes == [{"node_id": history.node.node_id}]


def test_a_heartbeat_and_a_good_line_s_silence_are_within_what_a_crash_may_cost() -> None:
    assert (HEARTBEAT_S + PING_INTERVAL_S) * 1_000 < LOST_AT_MOST_MS
