"""What is recorded of who was there: complete, once, also over a failing disk and a crash."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from protocol.roles import RoomRole
from server.hours import presence
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository
from server.store.rooms import RoomRepository
from tests.server.hours.node import GRACES, ROOM_GRACE_S, Node
from tests.support.clock import ManualClock
from tests.support.gateway import run_sql
from tests.support.waiting import until


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
    assert ana["last_seen_at"] - ana["joined_at"] == 1_000 * presence.HEARTBEAT_S
    assert ben["left_reason"] == "left"  # close() writes what is left
    await node.presence.close()
    await node.directory.close()
    await node.database.close()
