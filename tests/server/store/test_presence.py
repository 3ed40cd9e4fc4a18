"""Meetings and connections as rows: safe to write again, fenced by node."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.database import Database
from server.store.models import ConnectionRow, MeetingRow, NodeRow, PresenceEventRow
from server.store.people import Entry, PeopleRepository
from server.store.presence import (
    ConnectionRecord,
    EventRecord,
    MeetingRecord,
    NodeEndedError,
    OpenRecords,
    PresenceRepository,
    RecordRefusedError,
)
from server.store.rooms import RoomRepository

NODE, OTHER_NODE = "node_1", "node_2"


class Log:
    """The presence of one room."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.presence = PresenceRepository(database)

    async def set_up(self) -> None:
        room = await RoomRepository(self.database).add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
        entries = [Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)]
        [ana] = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.meeting = MeetingRecord(meeting_id="m", room_id=room.room_id, opened_at=100, clock_offset=7)
        await self.presence.start_node(NODE)
        self.connection = ConnectionRecord(
            connection_id="c",
            meeting_id="m",
            person_id=ana.person_id,
            participant_id="p",
            endpoint_id="e",
            room_role=RoomRole.HOST,
            joined_at=110,
            last_seen_at=110,
        )

    async def connection_row(self, connection_id: str = "c") -> Any:
        async with self.database.reading() as session:
            row = await session.get(ConnectionRow, connection_id)
        return None if row is None else (row.joined_at, row.last_seen_at, row.left_at, row.left_reason)

    async def meeting_rows(self) -> list[tuple[str, int | None, str]]:
        async with self.database.reading() as session:
            rows = await session.execute(select(MeetingRow.meeting_id, MeetingRow.closed_at, MeetingRow.node_id))
        return [tuple(row) for row in rows]  # type: ignore[misc]

    async def events(self) -> list[tuple[object, ...]]:
        table = PresenceEventRow.__table__
        async with self.database.reading() as session:
            rows = await session.execute(select(*table.columns).order_by(table.c.connection_id, table.c.seq))
        return [tuple(row) for row in rows]

    async def nodes(self) -> list[NodeRow]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(NodeRow).order_by(NodeRow.epoch)))

    def left(self, at: int, reason: str = "left") -> ConnectionRecord:
        return replace(self.connection, last_seen_at=at, left_at=at, left_reason=reason)


@pytest.fixture
async def log(database: Database) -> Log:
    log = Log(database)
    await log.set_up()
    return log


async def test_a_record_can_be_written_again(log: Log) -> None:
    for _ in range(2):
        await log.presence.record(NODE, [log.meeting], [log.connection])
    assert await log.connection_row() == (110, 110, None, None)
    for _ in range(2):
        await log.presence.record(NODE, [replace(log.meeting, closed_at=200)], [log.left(150)])
    assert await log.connection_row() == (110, 150, 150, "left")
    assert await log.meeting_rows() == [("m", 200, NODE)]


async def test_an_older_state_does_not_undo_a_newer_one(log: Log) -> None:
    await log.presence.record(NODE, [replace(log.meeting, closed_at=200)], [log.left(150)])
    await log.presence.record(NODE, [log.meeting], [log.connection])
    await log.presence.record(NODE, [replace(log.meeting, closed_at=300)], [log.left(250, "lost")])
    assert await log.connection_row() == (110, 150, 150, "left")
    assert await log.meeting_rows() == [("m", 200, NODE)]


async def test_who_came_and_went_before_anything_was_written_is_kept(log: Log) -> None:
    await log.presence.record(NODE, [replace(log.meeting, closed_at=200)], [log.left(150)])
    assert await log.connection_row() == (110, 150, 150, "left")


async def test_those_who_come_leave_and_come_again_in_one_piece_are_each_as_they_say(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection, replace(log.left(120), connection_id="gone")])
    anew = replace(log.connection, connection_id="anew")
    brief = replace(log.left(140, "lost"), connection_id="brief")
    again = replace(log.left(145), connection_id="gone")
    await log.presence.record(NODE, [], [anew, log.left(150), brief, again])
    assert await log.connection_row() == (110, 150, 150, "left")
    assert await log.connection_row("anew") == (110, 110, None, None)
    assert await log.connection_row("brief") == (110, 140, 140, "lost")
    assert await log.connection_row("gone") == (110, 120, 120, "left")


async def test_that_many_leave_at_once_takes_no_more_statements_than_that_one_does(log: Log) -> None:
    statements: list[str] = []

    @event.listens_for(log.database._writer.sync_engine, "before_cursor_execute")
    def on_execute(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    taken = []
    for count in (1, 100):
        connections = [replace(log.left(150), connection_id=f"{count} {number}") for number in range(count)]
        joined = [replace(each, left_at=None, left_reason=None) for each in connections]
        await log.presence.record(NODE, [log.meeting], joined)
        statements.clear()
        await log.presence.record(NODE, [log.meeting], connections)
        taken.append(len(statements))
        assert await log.connection_row(connections[-1].connection_id) == (110, 150, 150, "left")
    assert taken[0] == taken[1]


async def test_nothing_is_written_when_part_of_it_cannot_be(log: Log) -> None:
    stranger = replace(log.connection, connection_id="d", person_id="nobody")
    with pytest.raises(RecordRefusedError):
        await log.presence.record(NODE, [log.meeting], [log.connection, stranger])
    assert await log.meeting_rows() == []


async def test_who_was_open_ends_when_it_was_seen_last_and_nobody_before_they_came(log: Log) -> None:
    gone = replace(log.left(120), connection_id="gone")
    other = replace(log.connection, connection_id="d")
    await log.presence.record(NODE, [log.meeting], [log.connection, other, gone])
    await log.presence.renew(NODE, {"c": 130, "d": 125, "gone": 200, "nobody": 200})
    await log.presence.renew(NODE, {"c": 105, "d": 126, "gone": 200, "nobody": 200})
    assert await log.connection_row("d") == (110, 110, None, None), "thousands of rows are left alone"
    await log.presence.start_node(OTHER_NODE)
    assert await log.connection_row() == (110, 110, 110, "crashed")
    assert await log.connection_row("d") == (110, 126, 126, "crashed")
    assert await log.connection_row("gone") == (110, 120, 120, "left")
    assert [node.seen for node in await log.nodes()] == [None, None]


async def test_a_heartbeat_that_is_cut_off_keeps_nobody_out(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    for turns in range(40):
        heartbeat = asyncio.create_task(log.presence.renew(NODE, {"c": 120 + turns}))
        for _ in range(turns):
            await asyncio.sleep(0)
        heartbeat.cancel()
        await asyncio.wait([heartbeat])
    await log.presence.renew(NODE, {"c": 200})
    await log.presence.start_node(OTHER_NODE)
    assert await log.connection_row() == (110, 200, 200, "crashed")


async def test_a_node_has_a_lease_in_the_time_of_the_database(log: Log) -> None:
    now = time.time_ns() // 1_000_000  # the database is on this machine
    [node] = await log.nodes()
    assert (node.node_id, node.epoch, node.ended_at) == (NODE, 1, None)
    assert abs(node.started_at - now) < 60_000
    await log.presence.renew(NODE, {})
    [renewed] = await log.nodes()
    assert renewed.renewed_at >= node.renewed_at
    assert renewed.started_at == node.started_at


async def test_each_start_is_a_node_of_a_later_epoch_and_ends_the_others(log: Log) -> None:
    await log.presence.start_node(OTHER_NODE)
    await log.presence.start_node(OTHER_NODE)  # once more does no harm
    first, second = await log.nodes()
    assert (first.node_id, first.epoch, second.node_id, second.epoch) == (NODE, 1, OTHER_NODE, 2)
    assert first.ended_at is not None
    assert second.ended_at is None
    await log.presence.start_node("node_3")
    first_again, second, third = await log.nodes()
    assert first_again.ended_at == first.ended_at
    assert (second.ended_at is not None, third.epoch, third.ended_at) == (True, 3, None)


async def test_an_event_is_kept_once_however_often_and_in_whatever_order_it_comes(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    spoke = EventRecord(connection_id="c", seq=2, kind="spoke", at=140, length_ms=30, is_late=True)
    joined = EventRecord(connection_id="c", seq=0, kind="joined", at=110)
    for events in ([spoke], [joined, spoke], [replace(joined, at=99), replace(spoke, kind="left")]):
        await log.presence.record(NODE, [], [], events)
    assert await log.events() == [("c", 0, "joined", 110, None, False), ("c", 2, "spoke", 140, 30, True)]


async def test_an_event_of_no_connection_is_refused_with_all_that_comes_with_it(log: Log) -> None:
    with pytest.raises(RecordRefusedError):
        await log.presence.record(
            NODE, [log.meeting], [log.connection], [EventRecord(connection_id="x", seq=0, kind="joined", at=1)]
        )
    assert await log.meeting_rows() == []


async def test_a_dead_node_ends_when_it_was_last_seen(log: Log) -> None:
    empty = replace(log.meeting, meeting_id="empty")
    joined = EventRecord(connection_id="c", seq=0, kind="joined", at=110)
    silent = replace(log.connection, connection_id="d", last_seen_at=112)
    gone = replace(log.left(120), connection_id="gone")
    await log.presence.record(NODE, [log.meeting, empty], [log.connection, silent, gone], [joined])
    await log.presence.renew(NODE, {"c": 130})
    for _ in range(2):
        await log.presence.start_node(OTHER_NODE)
    assert await log.connection_row() == (110, 130, 130, "crashed")
    assert await log.connection_row("d") == (110, 112, 112, "crashed")
    assert await log.connection_row("gone") == (110, 120, 120, "left")
    assert sorted(await log.meeting_rows()) == [("empty", 100, NODE), ("m", 130, NODE)]
    assert await log.events() == [
        ("c", 0, "joined", 110, None, False),
        ("c", 1, "crashed", 130, None, False),
        ("d", 0, "crashed", 112, None, False),
    ]


async def test_a_node_that_was_given_up_is_refused_and_changes_nothing(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    await log.presence.start_node(OTHER_NODE)
    before = (await log.connection_row(), await log.meeting_rows(), await log.events())
    anew = replace(log.connection, connection_id="anew")
    late = EventRecord(connection_id="c", seq=5, kind="left", at=600)
    for write in (
        log.presence.renew(NODE, {"c": 500}),
        log.presence.record(NODE, [replace(log.meeting, closed_at=600)], [log.left(600), anew], [late]),
        log.presence.record(NODE, [], [], [late]),
        log.presence.give_up(NODE, OpenRecords(["m"], ["c"])),
        log.presence.renew("never started", {}),
        log.presence.record("never started", [replace(log.meeting, meeting_id="n")], []),
    ):
        with pytest.raises(NodeEndedError):
            await write
    assert (await log.connection_row(), await log.meeting_rows(), await log.events()) == before


async def test_a_node_changes_no_rows_of_another(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    async with log.database.session() as session:
        session.add(NodeRow(node_id=OTHER_NODE, epoch=2, started_at=1, renewed_at=1))
    await log.presence.renew(OTHER_NODE, {"c": 500})
    await log.presence.record(OTHER_NODE, [replace(log.meeting, closed_at=600)], [log.left(600)])
    await log.presence.give_up(OTHER_NODE, OpenRecords(["m"], ["c"]))
    assert (await log.presence.open_records(OTHER_NODE)) == OpenRecords(set(), set())
    assert await log.connection_row() == (110, 110, None, None)
    assert await log.meeting_rows() == [("m", None, NODE)]


async def test_what_was_lost_ends_when_it_was_last_seen_and_nothing_else_does(log: Log) -> None:
    other_meeting = replace(log.meeting, meeting_id="n")
    other = replace(log.connection, connection_id="d")
    joined = EventRecord(connection_id="c", seq=0, kind="joined", at=110)
    await log.presence.record(NODE, [log.meeting, other_meeting], [log.connection, other], [joined])
    await log.presence.renew(NODE, {"c": 130, "d": 130})
    assert await log.presence.open_records(NODE) == OpenRecords({"m", "n"}, {"c", "d"})
    assert await log.presence.give_up(NODE, OpenRecords(["m"], ["c"])) == ["m"]
    assert await log.connection_row() == (110, 130, 130, "lost")
    assert await log.connection_row("d") == (110, 110, None, None)
    assert sorted(await log.meeting_rows()) == [("m", 130, NODE), ("n", None, NODE)]
    assert await log.events() == [("c", 0, "joined", 110, None, False), ("c", 1, "lost", 130, None, False)]
    in_other = replace(log.connection, connection_id="e", meeting_id="n")
    late = replace(log.connection, connection_id="f")
    await log.presence.record(NODE, [], [in_other, late])
    assert await log.presence.give_up(NODE, OpenRecords([], ["e", "f"])) == ["m"], "the other one goes on"


async def test_a_heartbeat_of_five_thousand_connections_writes_one_row(log: Log) -> None:
    connections = [replace(log.connection, connection_id=f"connection_{number:032x}") for number in range(5_000)]
    await log.presence.record(NODE, [log.meeting], connections)
    written: list[tuple[str, bool]] = []

    @event.listens_for(log.database._writer.sync_engine, "before_cursor_execute")
    def on_execute(
        _connection: object, _cursor: object, statement: str, _values: object, _context: object, is_many: bool
    ) -> None:
        written.append((statement, is_many))

    await log.presence.renew(NODE, {each.connection_id: 115 for each in connections})
    [_, (statement, is_many)] = written  # after what begins a transaction
    assert statement.startswith("UPDATE node SET ")
    assert not is_many
    await log.presence.start_node(OTHER_NODE)
    assert await log.connection_row(connections[-1].connection_id) == (110, 115, 115, "crashed")
