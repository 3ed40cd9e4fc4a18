"""What a room's meetings left behind, read from rows."""

from dataclasses import replace

import pytest

from protocol.documents import DocumentKind
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.database import Database
from server.store.meetings import MeetingRepository, StoredMeeting
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository
from tests.support.record import NODE, MeetingLog

BOARD, NOTES = DocumentKind.BOARD, DocumentKind.NOTES


class House:
    """A lounge, a stage, and two people."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.meetings = MeetingRepository(database)

    async def set_up(self) -> None:
        rooms = RoomRepository(self.database)
        self.lounge = (await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)).room_id
        self.stage = (await rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)).room_id
        entries = [Entry(f"{word}@school.example", word.title(), ProgrammeRole.TEACHER) for word in ("ana", "ben")]
        people = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.ana, self.ben = (person.person_id for person in people)
        self.log = MeetingLog(self.database, self.lounge)

    async def find(self, meeting_id: str) -> StoredMeeting:
        meeting = await self.meetings.find(meeting_id)
        assert meeting is not None
        return meeting

    async def ids(self, person_id: str | None, before: str | None = None, limit: int = 10) -> tuple[list[str], bool]:
        earliest = None if before is None else await self.find(before)
        meetings, has_more = await self.meetings.page(self.lounge, person_id, earliest, limit)
        return [meeting.meeting_id for meeting in meetings], has_more


@pytest.fixture
async def house(database: Database) -> House:
    house = House(database)
    await house.set_up()
    return house


async def test_meetings_are_read_page_by_page_newest_first(house: House) -> None:
    for number, opened_at in enumerate([100, 200, 200, 300]):
        await house.log.meeting(f"m{number}", opened_at, opened_at + 50)
    await house.log.meeting("elsewhere", 400, None, room_id=house.stage)
    assert await house.ids(None) == (["m3", "m2", "m1", "m0"], False)
    assert await house.ids(None, limit=2) == (["m3", "m2"], True)
    assert await house.ids(None, "m2", limit=2) == (["m1", "m0"], False)
    assert await house.ids(None, "m0") == ([], False)


async def test_a_persons_meetings_are_those_that_they_were_in(house: House) -> None:
    await house.log.meeting("m1", 100, 150)
    await house.log.meeting("m2", 200, None)
    await house.log.stay("m2", house.ana, 210, None)
    assert await house.ids(house.ana) == (["m2"], False)
    assert await house.ids(house.ben) == ([], False)
    assert await house.meetings.was_in("m2", house.ana)
    assert not await house.meetings.was_in("m1", house.ana)
    assert not await house.meetings.was_in("nowhere", house.ana)
    assert await house.meetings.find("nowhere") is None


async def test_reconnects_of_a_participant_are_one_stay(house: House) -> None:
    await house.log.meeting("m1", 100, None)
    await house.log.stay("m1", house.ana, 110, 120, participant_id="p1")
    await house.log.stay("m1", house.ana, 125, 140, participant_id="p1")
    await house.log.stay("m1", house.ben, 130, 140, participant_id="p2")
    await house.log.stay("m1", house.ben, 135, None, participant_id="p2")
    await house.log.stay("m1", house.ana, 150, 160, participant_id="p3", role=RoomRole.OBSERVER)
    found, has_more = await house.meetings.attendance(["m1"], 10)
    assert not has_more
    assert [(one.name, one.joined_at, one.left_at, one.room_role) for one in found] == [
        ("Ana", 110, 140, RoomRole.PARTICIPANT),
        ("Ben", 130, None, RoomRole.PARTICIPANT),
        ("Ana", 150, 160, RoomRole.OBSERVER),
    ]
    first, has_more = await house.meetings.attendance(["m1"], 2)
    assert (first, has_more) == (found[:2], True)
    assert await house.meetings.attendance([], 2) == ([], False)


async def test_what_was_said_belongs_to_the_meeting_that_it_was_said_in(house: House) -> None:
    await house.log.meeting("m1", 100, 150)
    await house.log.meeting("m2", 200, None)
    for at in (100, 160, 199, 200, 250):
        await house.log.say(house.ana, "Ana", f"at {at}", at)
    first, second = await house.find("m1"), await house.find("m2")
    until = await house.meetings.end_of(first)
    assert (until, await house.meetings.end_of(second)) == (200, None)
    messages, has_more = await house.meetings.messages(first, until, 10)
    assert ([message.text for message in messages], has_more) == (["at 100", "at 160", "at 199"], False)
    messages, has_more = await house.meetings.messages(second, None, 1)
    assert ([message.text for message in messages], has_more) == (["at 200"], True)


async def test_pages_that_were_begun_are_told_with_who_began_them(house: House) -> None:
    await house.log.meeting("m1", 100, 150)
    await house.log.meeting("m2", 200, None)
    await house.log.begin("d1", NOTES, house.ana, 120, b"1", title="Goals")
    await house.log.begin("d2", BOARD, house.ben, 220, b"1")
    first = await house.find("m1")
    [beginning] = await house.meetings.beginnings(first, 200, 10)
    assert (beginning.document_id, beginning.kind, beginning.title) == ("d1", NOTES, "Goals")
    assert (beginning.created_at, beginning.person_id, beginning.name) == (120, house.ana, "Ana")


async def test_documents_are_told_as_they_were_kept_and_whether_they_have_changed_since(house: House) -> None:
    await house.log.meeting("m1", 100, 150)
    same = await house.log.begin("d1", NOTES, house.ana, 110, b"1")
    changed = await house.log.begin("d2", BOARD, house.ana, 120, b"1")
    removed = await house.log.begin("d3", BOARD, house.ana, 130, b"1")
    for key in (same, changed, removed):
        await house.log.keep(key, 1, 140, b"all", "m1")
    await house.log.change(changed, 2, 210, b"2")
    document = await house.log.documents.find("d3")
    assert document is not None
    await house.log.documents.change(replace(document, removed_at=160))
    [first, second] = await house.meetings.documents([await house.find("m1")])
    assert (first.document_id, first.epoch, first.seq, first.has_changed_since) == ("d1", 1, 1, False)
    assert (second.document_id, second.kind, second.has_changed_since) == ("d2", BOARD, True)


async def test_while_a_meeting_is_going_on_it_is_told_what_it_has_changed_so_far(house: House) -> None:
    await house.log.meeting("m1", 100, 150)
    before = await house.log.begin("d1", NOTES, house.ana, 110, b"1")
    await house.log.begin("d2", BOARD, house.ana, 120, b"1")
    await house.log.meeting("m2", 200, None)
    await house.log.change(before, 2, 210, b"2")
    # A snapshot that covers the newest change takes nothing away from it.
    await house.log.keep(before, 2, 220, b"all", "m1")
    [document] = await house.meetings.documents([await house.find("m2")])
    assert (document.meeting_id, document.document_id, document.seq) == ("m2", "d1", None)


async def test_meetings_that_a_dead_node_left_open_are_told_with_what_came_after(house: House) -> None:
    await house.log.meeting("m1", 100, None)
    await house.log.meeting("m2", 200, 250)
    await house.log.meeting("m3", 300, None)
    await house.log.meeting("mine", 400, None, room_id=house.stage, node_id="node_2")
    found = [(one.meeting_id, one.until) for one in await house.meetings.unfinished("node_2")]
    assert found == [("m1", 200), ("m3", None)]
    assert [one.meeting_id for one in await house.meetings.unfinished(NODE)] == ["mine"]


async def test_documents_belong_to_the_meeting_that_changed_them_last(house: House) -> None:
    early = await house.log.begin("d1", NOTES, house.ana, 110, b"1")
    late = await house.log.begin("d2", BOARD, house.ana, 120, b"1")
    await house.log.change(late, 2, 210, b"2")
    documents = house.log.documents
    assert [one.document_id for one in await documents.changed_last(house.lounge, 100, 200)] == ["d1"]
    assert [one.document_id for one in await documents.changed_last(house.lounge, 200, None)] == ["d2"]
    assert [one.document_id for one in await documents.changed_last(house.lounge, 100, None)] == ["d1", "d2"]
    assert await documents.changed_last(house.stage, 100, None) == []
    document = await documents.find(early.document_id)
    assert document is not None
    await documents.change(replace(document, removed_at=160))
    assert [one.removed_at for one in await documents.changed_last(house.lounge, 100, 200)] == [160]
