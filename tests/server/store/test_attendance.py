"""A meeting's history as it was recorded, and the attendance kept of it."""

import pytest
from sqlalchemy import insert, select, update

from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.attendance import AttendanceRecord, AttendanceRepository, PresenceEvent
from server.store.database import Database
from server.store.models import AttendanceRow, ConnectionRow, MeetingRow, NodeRow, PresenceEventRow
from server.store.people import Entry, PeopleRepository
from server.store.presence import PresenceRepository
from server.store.rooms import RoomRepository


@pytest.fixture
async def person_id(database: Database) -> str:
    """Make a room's two meetings, the second of them over, with one person's two connections in each."""
    room = await RoomRepository(database).add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
    entries = [Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)]
    [ana] = await PeopleRepository(database).enrol(entries, [], actor="test", at=1)
    async with database.session() as session:
        for number, closed_at in ((1, None), (2, 900)):
            meeting_id, opened_at = f"m{number}", 100 * number
            session.add(
                MeetingRow(
                    meeting_id=meeting_id,
                    room_id=room.room_id,
                    opened_at=opened_at,
                    closed_at=closed_at,
                    node_id="node",
                    clock_offset=7,
                )
            )
            await session.flush()
            for which, left_at in (("late", None), ("early", opened_at + 50)):
                joined_at = opened_at + (10 if which == "late" else 5)
                session.add(
                    ConnectionRow(
                        connection_id=f"{meeting_id} {which}",
                        meeting_id=meeting_id,
                        person_id=ana.person_id,
                        participant_id="p",
                        endpoint_id=which,
                        room_role=RoomRole.HOST,
                        node_id="node",
                        joined_at=joined_at,
                        last_seen_at=left_at or joined_at + 3,
                        left_at=left_at,
                        left_reason=left_at and "left",
                    )
                )
        await session.flush()
        events = [
            {
                "connection_id": "m1 early",
                "seq": seq,
                "kind": kind,
                "at": at,
                "length_ms": length_ms,
                "is_late": seq == 2,
            }
            for seq, kind, at, length_ms in ((2, "left", 150, None), (0, "joined", 105, None), (1, "spoke", 140, 30))
        ]
        await session.execute(insert(PresenceEventRow), events)
    return ana.person_id


async def test_a_history_has_all_that_was_recorded_in_order(database: Database, person_id: str) -> None:
    history = await AttendanceRepository(database).load_history("m1")
    assert history is not None
    assert (history.meeting_id, history.node_id, history.clock_offset) == ("m1", "node", 7)
    assert (history.opened_at, history.closed_at) == (100, None)
    early, late = history.connections
    assert (early.connection_id, late.connection_id) == ("m1 early", "m1 late")
    assert (early.person_id, early.joined_at, early.last_seen_at, early.left_at) == (person_id, 105, 150, 150)
    assert (early.room_role, early.participant_id) == (RoomRole.HOST, "p")
    assert early.events == (
        PresenceEvent(seq=0, kind="joined", at=105, length_ms=None, is_late=False),
        PresenceEvent(seq=1, kind="spoke", at=140, length_ms=30, is_late=False),
        PresenceEvent(seq=2, kind="left", at=150, length_ms=None, is_late=True),
    )
    assert (late.last_seen_at, late.left_at, late.events) == (113, None, ())


@pytest.mark.usefixtures("person_id")
async def test_who_is_inside_was_there_when_their_node_has_seen_them_last(database: Database) -> None:
    presence, repository = PresenceRepository(database), AttendanceRepository(database)
    async with database.session() as session:
        for epoch, node_id in enumerate(("other", "node")):
            session.add(NodeRow(node_id=node_id, epoch=epoch, started_at=1, renewed_at=1))
    await presence.renew("other", {"m1 late": 900})
    for seen, wanted, closed_at in (
        ({"m1 late": 140, "m1 early": 190}, 140, None),
        ({"m1 late": 5}, 113, None),
        ({"m1 late": 170}, 170, 200),
    ):
        await presence.renew("node", seen)
        async with database.session() as session:
            await session.execute(update(MeetingRow).values(closed_at=closed_at))
        history = await repository.load_history("m1")
        assert history is not None
        assert [each.last_seen_at for each in history.connections] == [150, wanted]


@pytest.mark.usefixtures("person_id")
async def test_histories_come_together_oldest_meeting_first(database: Database) -> None:
    repository = AttendanceRepository(database)
    both = await repository.load_histories(["m2", "nothing", "m1"])
    assert both == [await repository.load_history("m1"), await repository.load_history("m2")]
    assert await repository.load_history("nothing") is None


async def test_attendance_is_kept_in_the_place_of_what_was_kept_before(database: Database, person_id: str) -> None:
    repository = AttendanceRepository(database)
    record = AttendanceRecord(
        person_id=person_id,
        first_at=105,
        last_at=150,
        present_ms=45,
        media_ms=40,
        microphone_ms=30,
        camera_ms=20,
        spoke_ms=10,
    )
    await repository.replace({"m1": [record], "m2": [record]})
    await repository.replace({"m1": [record._replace(present_ms=44)]})
    await repository.replace({"m2": []})
    async with database.reading() as session:
        rows = await session.execute(select(AttendanceRow.meeting_id, AttendanceRow.present_ms, AttendanceRow.spoke_ms))
        assert [tuple(row) for row in rows] == [("m1", 44, 10)]


@pytest.mark.usefixtures("person_id")
async def test_what_is_over_is_to_be_worked_out_until_it_is(database: Database) -> None:
    repository = AttendanceRepository(database)
    assert await repository.unrecorded() == ["m2"]
    await repository.mark_recorded("m2", 1_000)
    assert await repository.unrecorded() == []
