"""Meetings and connections as rows: safe to write again, fenced by node."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.database import Database
from server.store.models import ConnectionRow, MeetingRow
from server.store.people import Entry, PeopleRepository
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository, RecordRefusedError
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
        self.meeting = MeetingRecord(meeting_id="m", room_id=room.room_id, opened_at=100)
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


async def test_nothing_is_written_when_part_of_it_cannot_be(log: Log) -> None:
    stranger = replace(log.connection, connection_id="d", person_id="nobody")
    with pytest.raises(RecordRefusedError):
        await log.presence.record(NODE, [log.meeting], [log.connection, stranger])
    assert await log.meeting_rows() == []


async def test_leases_of_open_connections_move_on_and_never_back(log: Log) -> None:
    gone = replace(log.left(120), connection_id="gone")
    await log.presence.record(NODE, [log.meeting], [log.connection, gone])
    await log.presence.renew(NODE, 130)
    assert await log.connection_row() == (110, 130, None, None)
    await log.presence.renew(NODE, 125)
    assert await log.connection_row() == (110, 130, None, None)
    assert await log.connection_row("gone") == (110, 120, 120, "left")


async def test_a_dead_node_ends_when_it_was_last_seen(log: Log) -> None:
    empty = replace(log.meeting, meeting_id="empty")
    await log.presence.record(NODE, [log.meeting, empty], [log.connection])
    await log.presence.renew(NODE, 130)
    await log.presence.end_others(OTHER_NODE)
    assert await log.connection_row() == (110, 130, 130, "crashed")
    assert sorted(await log.meeting_rows()) == [("empty", 100, NODE), ("m", 130, NODE)]


async def test_a_node_that_was_given_up_changes_nothing(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    await log.presence.end_others(OTHER_NODE)
    await log.presence.renew(NODE, 500)
    await log.presence.record(NODE, [replace(log.meeting, closed_at=600)], [log.left(600)])
    assert await log.connection_row() == (110, 110, 110, "crashed")
    assert await log.meeting_rows() == [("m", 110, NODE)]


async def test_a_node_changes_no_rows_of_another(log: Log) -> None:
    await log.presence.record(NODE, [log.meeting], [log.connection])
    await log.presence.renew(OTHER_NODE, 500)
    await log.presence.record(OTHER_NODE, [replace(log.meeting, closed_at=600)], [log.left(600)])
    await log.presence.end_others(NODE)
    assert await log.connection_row() == (110, 110, None, None)
    assert await log.meeting_rows() == [("m", None, NODE)]
