"""What is recorded of who was there: complete, once, also over a failing disk and a crash."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from protocol.roles import RoomRole
from server.hours import conclusions, presence
from server.hours.attendance import attendance_of
from server.hours.intervals import Interval
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


async def test_what_somebody_said_before_their_line_was_lost_is_in_the_meeting(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana = await node.join("ana", "tab")
    ana.meeting.set_talking([ana.caller.participant_id])
    clock.advance(seconds=5)
    ana.meeting.set_talking([])
    clock.advance(seconds=8)
    node.outboxes[ana.caller.connection_id].silent_s = 8.0
    node.directory.lose(ana)
    await node.hooks_done()
    await node.presence.flush()
    assert kinds(await node.rows("presence_event")) == [
        ("joined", start, None),
        ("spoke", start + 5_000, 5_000),
        ("lost", start + 5_000, None),
    ]


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
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE node RENAME TO gone")
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
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE gone RENAME TO node")
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
    assert (await node.seen())[ana["connection_id"]] - ana["joined_at"] == 1_000 * presence.HEARTBEAT_S
    assert ben["left_reason"] == "left"  # close() writes what is left
    await node.presence.close()
    await node.directory.close()
    await node.database.close()


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, int, int | None]]:
    return [(event["kind"], event["at"], event["length_ms"]) for event in events]


async def beat(node: Node) -> None:
    assert await node.presence.flush()
    await node.presence.renew()
    assert await node.presence.flush()


async def test_each_connection_s_events_are_recorded_in_order(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana = await node.join("ana", "tab")
    who = ana.caller.participant_id
    clock.advance(seconds=2)
    ana.meeting.set_media_connected(who, is_connected=True)
    ana.meeting.set_talking([who])
    clock.advance(seconds=3)
    await beat(node)
    clock.advance(seconds=1)
    node.directory.leave(ana)
    await node.hooks_done()
    await node.presence.flush()
    events = await node.rows("presence_event")
    assert [event["seq"] for event in events] == [0, 1, 2, 3, 4]
    assert kinds(events) == [
        ("joined", start, None),
        ("media_on", start + 2_000, None),
        ("spoke", start + 5_000, 3_000),
        ("spoke", start + 6_000, 1_000),
        ("left", start + 6_000, None),
    ]
    assert not any(event["is_late"] for event in events)


async def test_another_page_goes_on_telling_what_somebody_does(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    first, second = await node.join("ana", "laptop"), await node.join("ana", "phone")
    first.meeting.set_media_connected(first.caller.participant_id, is_connected=True)
    clock.advance(seconds=10)
    node.directory.lose(first)
    await node.hooks_done()
    clock.advance(seconds=10)
    node.directory.lose(second)
    await node.hooks_done()
    clock.advance(seconds=5)
    back = await node.join("ana", "phone")
    clock.advance(seconds=5)
    node.directory.leave(back)
    await node.hooks_done()
    await node.presence.flush()
    history = await node.attendance.load_history(first.meeting.meeting_id)
    assert history is not None
    media = attendance_of(history)[node.people["ana"].person_id].media
    assert media == (Interval(start, start + 20_000), Interval(start + 25_000, start + 30_000))


async def test_a_page_that_flaps_writes_few_rows(node: Node, clock: ManualClock) -> None:
    ana = await node.join("ana", "tab")
    who = ana.caller.participant_id
    for number in range(1_000):
        clock.advance(seconds=0.005)
        ana.meeting.set_media_connected(who, is_connected=number % 2 == 0)
        ana.meeting.set_talking([who] if number % 3 else [])
    await beat(node)
    assert len(await node.rows("presence_event")) <= 1 + 3


async def test_leases_are_when_each_connection_was_heard(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana, ben = await node.join("ana", "tab"), await node.join("ben", "tab")
    assert await node.presence.flush()
    clock.advance(seconds=8)
    node.outboxes[ana.caller.connection_id].silent_s = 6.0
    await beat(node)
    assert await node.seen() == {ana.caller.connection_id: start + 2_000, ben.caller.connection_id: start + 8_000}


async def test_a_wall_clock_that_is_set_neither_makes_nor_takes_time(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana = await node.join("ana", "tab")
    for step_s in (3_600, -7_200):
        clock.advance(seconds=10)
        clock.set_wall_clock(seconds=step_s)
        await beat(node)
    ben = await node.join("ben", "tab")
    node.directory.leave(ana)
    clock.advance(seconds=10)
    node.directory.leave(ben)
    await node.hooks_done()
    await node.presence.flush()
    rows = {row["connection_id"]: (row["joined_at"] - start, row["left_at"] - start) for row in await node.rows()}
    assert rows == {ana.caller.connection_id: (0, 20_000), ben.caller.connection_id: (20_000, 30_000)}
    [meeting] = await node.rows("meeting")
    assert meeting["clock_offset"] == start - 1_000_000  # what the clock's monotonic side began with


async def test_what_is_written_late_says_so(node: Node, clock: ManualClock) -> None:
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE connection RENAME TO gone")
    ana = await node.join("ana", "tab")
    with capture_logs():
        assert not await node.presence.flush()
    clock.advance(seconds=60)
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE gone RENAME TO connection")
    node.directory.leave(ana)
    await node.hooks_done()
    assert await node.presence.flush()
    events = await node.rows("presence_event")
    assert [(event["kind"], event["is_late"]) for event in events] == [("joined", 1), ("left", 0)]


async def test_a_node_that_was_given_up_says_so_once_and_writes_nothing(node: Node, clock: ManualClock) -> None:
    ana = await node.join("ana", "tab")
    await beat(node)
    await PresenceRepository(node.database).start_node("node_2")
    before = [await node.rows(table) for table in ("connection", "meeting", "presence_event", "node")]
    clock.advance(seconds=60)
    with capture_logs() as logs:
        node.directory.leave(ana)
        await node.join("ben", "tab")
        await node.hooks_done()
        for _ in range(2):
            await node.presence.renew()
            assert await node.presence.flush()
            await node.presence.sweep()
        await node.join("ana", "tab")
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["presence_fenced"]
    assert [await node.rows(table) for table in ("connection", "meeting", "presence_event", "node")] == before
    assert node.presence._waiting == 0


async def test_what_lost_its_ending_is_ended_when_it_was_last_seen(node: Node, clock: ManualClock) -> None:
    start = clock.now_ms()
    ana, ben = await node.join("ana", "tab"), await node.join("ben", "tab")
    clock.advance(seconds=10)
    await beat(node)
    clock.advance(seconds=5)
    node.directory.leave(ana)
    await node.hooks_done()
    for pending in (node.presence._connections, node.presence._events):
        pending.clear()  # as when too much had waited
    with capture_logs() as logs:
        await node.presence.sweep()
    assert [log["event"] for log in logs] == ["presence_swept"]
    rows = {row["connection_id"]: row for row in await node.rows()}
    assert rows[ana.caller.connection_id]["left_at"] == start + 10_000
    assert rows[ben.caller.connection_id]["left_at"] is None
    with capture_logs() as logs:
        await node.presence.sweep()
    assert logs == []


async def test_an_ending_that_waits_or_was_given_up_is_known_from_the_heartbeat(
    node: Node, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now_ms()
    ana, ben, phone = [await node.join(*each) for each in (("ana", "tab"), ("ben", "tab"), ("ben", "phone"))]
    await beat(node)
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE connection RENAME TO gone")
    monkeypatch.setattr(presence, "MAX_PENDING", 1)
    with capture_logs() as logs:
        for seconds, entry in ((20, ana), (10, ben)):
            clock.advance(seconds=seconds)
            node.directory.leave(entry)
            await node.hooks_done()
        assert "presence_given_up" in [log["event"] for log in logs]
        await node.presence.renew()
        await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE gone RENAME TO connection")
        await node.presence.sweep()
    await PresenceRepository(node.database).start_node("node_2")
    rows = {row["connection_id"]: row["left_at"] for row in await node.rows()}
    assert [rows[each.caller.connection_id] for each in (ana, ben, phone)] == [
        start + 20_000,
        start + 30_000,
        start + 30_000,
    ]
    assert node.presence._unended == {}


async def test_a_meeting_is_concluded_anew_when_an_ending_that_was_given_up_is_known(
    node: Node, clock: ManualClock
) -> None:
    ana = await node.join("ana", "tab")
    await beat(node)
    clock.advance(seconds=30)
    await node.presence.renew()
    node.directory.leave(ana)
    await node.hooks_done()
    for pending in (node.presence._connections, node.presence._events):
        pending.clear()  # as when too much had waited
    clock.advance(seconds=ROOM_GRACE_S)
    node.directory.tick()
    await node.hooks_done()
    assert await node.presence.flush()
    assert await node.presence._conclusions.draw()
    with capture_logs() as logs:
        await node.presence.sweep()
    assert [log["event"] for log in logs] == ["presence_swept"]
    assert await node.presence._conclusions.draw()
    assert node.recorded == [ana.meeting.meeting_id] * 2
    [row] = await node.rows("attendance")
    assert (row["person_id"], row["present_ms"]) == (node.people["ana"].person_id, 30_000)


async def test_a_meeting_is_concluded_once_all_of_it_is_written(node: Node, clock: ManualClock) -> None:
    ana = await node.join("ana", "tab")
    clock.advance(seconds=30)
    node.directory.leave(ana)
    await node.hooks_done()
    clock.advance(seconds=ROOM_GRACE_S)
    node.directory.tick()
    await node.hooks_done()
    await node.presence._conclusions.draw()
    assert node.recorded == []
    assert await node.presence.flush()
    assert await node.presence._conclusions.draw()
    assert node.recorded == [ana.meeting.meeting_id]
    [row] = await node.rows("attendance")
    assert (row["person_id"], row["present_ms"]) == (node.people["ana"].person_id, 30_000)
    assert await node.attendance.unrecorded() == []


async def test_what_comes_after_a_meeting_is_tried_until_it_succeeds(
    node: Node, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node.join("ana", "tab")
    await node.directory.close()
    assert await node.presence.flush()
    monkeypatch.setattr(conclusions, "RETRY_S", 0.01)
    failures = iter((RuntimeError("not now"), RuntimeError("nor now"), None))
    told: list[str] = []

    async def on_meeting_recorded(meeting_id: str) -> None:
        told.append(meeting_id)
        if (failure := next(failures)) is not None:
            raise failure

    drawn = conclusions.Conclusions(node.attendance, clock, on_meeting_recorded)
    with capture_logs() as logs:
        await drawn.start()  # finds by itself what is over
        await until(lambda: len(told) == 3)
        await until(lambda: not drawn._waiting)
    await drawn.close()
    assert [log["event"] for log in logs] == ["meeting_not_concluded"] * 2
    assert len(set(told)) == 1
    assert await node.attendance.unrecorded() == []


async def test_the_meetings_of_a_node_that_died_are_concluded_by_the_next(tmp_path: Path, clock: ManualClock) -> None:
    dead = Node(tmp_path, clock, "node_1")
    await dead.start()
    ana = await dead.join("ana", "tab")
    clock.advance(seconds=7)
    await beat(dead)
    await dead.crash()
    node = Node(tmp_path, clock, "node_2")
    await node.start()
    assert await node.presence._conclusions.draw()
    assert node.recorded == [ana.meeting.meeting_id]
    [row] = await node.rows("attendance")
    assert row["present_ms"] == 7_000
    await node.database.close()
    await dead.directory.close()


async def test_each_heartbeat_that_is_written_is_told_of_with_how_long_it_took(
    node: Node, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = node.presence._repository.renew

    async def renew_slowly(node_id: str, seen: Mapping[str, int]) -> None:
        clock.advance(seconds=0.25)
        await renew(node_id, seen)

    monkeypatch.setattr(node.presence._repository, "renew", renew_slowly)
    observed: list[float] = []
    node.presence.observe_heartbeats(observed.append)
    await node.presence.renew()
    assert observed == [0.25]
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE node RENAME TO gone")
    with capture_logs():
        await node.presence.renew()
    await asyncio.to_thread(run_sql, node.folder, "ALTER TABLE gone RENAME TO node")
    assert observed == [0.25], "nothing was written"
