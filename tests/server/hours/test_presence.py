"""What is recorded of who was there: complete, once, also over a failing disk and a crash."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from protocol import PROTOCOL_VERSION
from protocol.requests import RoomJoin
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from protocol.room import Person
from server.hours import presence
from server.hours.presence import PresenceService
from server.room.directory import Entry, RoomDirectory
from server.room.feature import Caller, Feature
from server.room.state import Graces
from server.store.database import FILE_NAME, Database
from server.store.people import Entry as NewPerson
from server.store.people import PeopleRepository
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock
from tests.support.gateway import run_sql
from tests.support.rooms import KeptOutbox, fan_out_kept
from tests.support.waiting import until

ROOM_GRACE_S, RECONNECT_GRACE_S = 60.0, 20.0
GRACES = Graces(room=ROOM_GRACE_S, reconnect=RECONNECT_GRACE_S, reload=5.0)
PEOPLE = ("ana", "ben")


class Slow(Feature):
    """Keeps the features after it waiting."""

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        if self.gate is not None:
            await self.gate.wait()

    async def on_connection_left(self, caller: Caller, reason: str, at: int) -> None:
        if self.gate is not None:
            await self.gate.wait()


class Node:
    """A node of the server as far as presence needs one, over the database in `folder`."""

    def __init__(self, folder: Path, clock: ManualClock, node_id: str) -> None:
        self.folder = folder
        self.clock = clock
        self.node_id = node_id
        self.people: dict[str, Person] = {}
        self.slow = Slow()

    async def start(self) -> None:
        self.database = await Database.open(self.folder)
        rooms = RoomRepository(self.database)
        await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
        entries = [NewPerson(f"{word}@school.example", word, ProgrammeRole.TEACHER) for word in PEOPLE]
        enrolled = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.people = dict(zip(PEOPLE, enrolled, strict=True))
        self.presence = PresenceService(PresenceRepository(self.database), self.clock, self.node_id)
        await self.presence._repository.end_others(self.node_id)
        self.directory = RoomDirectory(
            rooms,
            [lambda _meeting: self.slow, self.presence.create_feature],
            self.clock,
            GRACES,
            fan_out_kept,
        )

    async def join(self, who: str, endpoint_id: str) -> Entry:
        person = self.people[who]
        door = await self.directory.find("lounge", person)
        request = RoomJoin(
            request_id="r", protocol_version=PROTOCOL_VERSION, slug="lounge", endpoint_id=f"{who} {endpoint_id}"
        )
        return await self.directory.join(door, person, request, KeptOutbox())

    async def hooks_done(self) -> None:
        await asyncio.gather(*self.directory._closings.values())
        for meeting in self.directory.meetings:
            await meeting._hooks.join()

    async def rows(self, table: str = "connection") -> list[dict[str, Any]]:
        return await asyncio.to_thread(run_sql, self.folder, f"SELECT * FROM {table}")

    async def stop(self) -> None:
        await self.directory.close()
        await self.presence.flush()
        await self.database.close()

    async def crash(self) -> None:
        """Stop without another word."""
        await self.database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def node(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Node]:
    node = Node(tmp_path, clock, "node_1")
    await node.start()
    yield node
    await node.directory.close()
    await node.presence.close()
    await node.database.close()


async def test_every_join_and_leave_is_recorded_with_its_connection(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana = await node.join("ana", "tab")
    clock.advance(seconds=5)
    node.directory.lose(ana)
    await node.hooks_done()
    clock.advance(seconds=2)
    back = await node.join("ana", "tab")
    clock.advance(seconds=3)
    node.directory.leave(back)
    await node.hooks_done()
    assert await node.presence.flush()
    first, second = sorted(await node.rows(), key=lambda row: row["joined_at"])
    assert first == {
        "connection_id": ana.caller.connection_id,
        "meeting_id": ana.meeting.meeting_id,
        "person_id": node.people["ana"].person_id,
        "participant_id": ana.caller.participant_id,
        "endpoint_id": "ana tab",
        "room_role": RoomRole.PARTICIPANT,
        "node_id": "node_1",
        "joined_at": start,
        "last_seen_at": start + 5_000,
        "left_at": start + 5_000,
        "left_reason": "lost",
    }
    assert second["connection_id"] == back.caller.connection_id
    assert second["participant_id"] == first["participant_id"]
    assert (second["joined_at"], second["left_at"], second["left_reason"]) == (start + 7_000, start + 10_000, "left")


async def test_what_keeps_the_notes_waiting_invents_no_time(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana = await node.join("ana", "tab")
    node.slow.gate = asyncio.Event()
    joining = asyncio.create_task(node.join("ben", "tab"))
    await until(lambda: len(ana.meeting.participants()) == 2)
    clock.advance(seconds=3)
    node.directory.lose(ana)
    clock.advance(seconds=11)
    node.slow.gate.set()
    ben = await joining
    await node.hooks_done()
    assert await node.presence.flush()
    rows = {row["connection_id"]: row for row in await node.rows()}
    assert rows[ana.caller.connection_id]["left_at"] == start + 3_000
    assert rows[ben.caller.connection_id]["joined_at"] == start


async def test_who_closes_the_page_is_recorded_until_then(node: Node, clock: ManualClock) -> None:
    ana = await node.join("ana", "tab")
    clock.advance(seconds=7)
    node.directory.lose(ana, is_page_gone=True)
    clock.advance(seconds=GRACES.reload)
    node.directory.tick()
    await node.hooks_done()
    await node.presence.flush()
    [row] = await node.rows()
    assert (row["left_at"] - row["joined_at"], row["left_reason"]) == (7_000, "left")


async def test_a_meeting_is_recorded_from_the_first_to_the_end_of_its_grace(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    entry = await node.join("ana", "tab")
    await node.presence.flush()
    [row] = await node.rows("meeting")
    assert (row["meeting_id"], row["opened_at"], row["closed_at"]) == (entry.meeting.meeting_id, start, None)
    node.directory.leave(entry)
    await node.hooks_done()
    clock.advance(seconds=ROOM_GRACE_S)
    node.directory.tick()
    await node.hooks_done()
    await node.presence.flush()
    [row] = await node.rows("meeting")
    assert row["closed_at"] == start + 60_000


async def test_who_is_inside_when_the_server_stops_is_recorded(node: Node, clock: ManualClock) -> None:
    await node.join("ana", "tab")
    clock.advance(seconds=7)
    await node.directory.close()
    await node.presence.flush()
    [row] = await node.rows()
    assert (row["left_at"] - row["joined_at"], row["left_reason"]) == (7_000, "ended")


async def test_a_failing_disk_keeps_nobody_out_and_loses_nothing(node: Node, clock: ManualClock) -> None:
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE connection RENAME TO gone")
    ana = await node.join("ana", "tab")
    with capture_logs() as logs:
        assert not await node.presence.flush()
        clock.advance(seconds=30)
        await node.presence.renew()
        ben = await node.join("ben", "tab")
        node.directory.leave(ana)
        await node.hooks_done()
        assert not await node.presence.flush()
    failures = {log["event"] for log in logs if log["log_level"] == "error"}
    assert failures == {"presence_write_failed", "presence_lease_failed"}
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE gone RENAME TO connection")
    assert await node.presence.flush()
    rows = {row["connection_id"]: row for row in await node.rows()}
    assert set(rows) == {ana.caller.connection_id, ben.caller.connection_id}
    assert rows[ana.caller.connection_id]["left_at"] - rows[ana.caller.connection_id]["joined_at"] == 30_000
    assert rows[ben.caller.connection_id]["left_at"] is None


async def test_a_record_that_is_refused_does_not_hold_up_the_others(node: Node) -> None:
    def record(number: int, person_id: str) -> ConnectionRecord:
        return ConnectionRecord(
            connection_id=f"c{number}",
            meeting_id="m",
            person_id=person_id,
            participant_id="p",
            endpoint_id="e",
            room_role=RoomRole.HOST,
            joined_at=1,
            last_seen_at=1,
        )

    room = await RoomRepository(node.database).find_room("lounge")
    assert room is not None
    node.presence.note_meeting(MeetingRecord(meeting_id="m", room_id=room.room_id, opened_at=1))
    node.presence.note_meeting(MeetingRecord(meeting_id="n", room_id="nowhere", opened_at=1))
    node.presence.note_connection(record(0, "nobody"))
    for number in range(1, 6):
        node.presence.note_connection(record(number, node.people["ana"].person_id))
    with capture_logs() as logs:
        assert await node.presence.flush()
    assert sorted(row["connection_id"] for row in await node.rows()) == ["c1", "c2", "c3", "c4", "c5"]
    assert [row["meeting_id"] for row in await node.rows("meeting")] == ["m"]
    assert [log["event"] for log in logs] == ["presence_refused"] * 2


async def test_what_changes_while_it_is_written_is_written_again(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await node.join("ana", "tab")
    record = PresenceRepository.record

    async def record_and_leave(*arguments: Any) -> None:
        await record(*arguments)
        node.directory.leave(ana)
        await node.hooks_done()

    monkeypatch.setattr(PresenceRepository, "record", record_and_leave)
    assert await node.presence.flush()
    [row] = await node.rows()
    assert row["left_reason"] == "left"


async def test_what_waits_is_bounded(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MAX_PENDING", 3)
    with capture_logs() as logs:
        for number in range(5):
            node.presence.note_meeting(MeetingRecord(meeting_id=f"m{number}", room_id="r", opened_at=1))
    assert list(node.presence._meetings) == ["m2", "m3", "m4"]
    assert [log["event"] for log in logs] == ["presence_given_up"] * 2


async def test_records_and_leases_are_written_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "RETRY_S", 0.1)
    clock = ManualClock()
    node = Node(tmp_path, clock, "node_1")
    await node.start()
    await node.presence.start()
    await asyncio.to_thread(run_sql, tmp_path, "ALTER TABLE connection RENAME TO gone")
    with capture_logs() as logs:
        await node.join("ana", "tab")
        await until(lambda: any(log["event"] == "presence_write_failed" for log in logs))
    await asyncio.to_thread(run_sql, tmp_path, "ALTER TABLE gone RENAME TO connection")
    await until(lambda: not node.presence._connections)  # by itself, once the disk is back
    clock.advance(seconds=presence.HEARTBEAT_S)
    entry = await node.join("ben", "tab")  # wakes the writer, which sees that a heartbeat is due
    await until(lambda: node.presence._renew_at > clock.monotonic())
    node.directory.leave(entry)
    await node.hooks_done()
    await node.presence.close()
    ana, ben = sorted(await node.rows(), key=lambda row: row["joined_at"])
    assert ana["last_seen_at"] - ana["joined_at"] == 10_000
    assert ben["left_reason"] == "left"  # close() writes what is left
    await node.presence.close()
    await node.directory.close()
    await node.database.close()


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
