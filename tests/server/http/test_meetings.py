"""The record of a room's meetings over HTTP: who is told what of it, and who nothing."""

from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import msgspec
import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from sqlalchemy import text
from yarl import URL

from protocol.documents import DocumentKind
from protocol.record import Came, MeetingList, Moment, RecordedMeeting, Said, Went
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.location import DatabaseUrl
from tests.server.http.conftest import Site, StartSite
from tests.support.record import MeetingLog

OPENED, CLOSED, LATER = 1_000_000, 2_000_000, 3_000_000
PEOPLE = {
    "ana": ProgrammeRole.TEACHER,
    "ben": ProgrammeRole.TEACHER,
    "cleo": ProgrammeRole.MENTOR,
    "eve": ProgrammeRole.MENTOR,
    "fay": ProgrammeRole.FACILITATOR,
    "cora": ProgrammeRole.COORDINATOR,
    "otto": ProgrammeRole.OPS,
}


def notes_with_moment(meeting_id: str, at: int) -> bytes:
    doc: Doc[Any] = Doc()
    paragraph = doc.get("notes", type=XmlFragment).children.append(XmlElement("paragraph"))
    paragraph.children.append(XmlText("Fractions "))
    stamp = paragraph.children.append(XmlElement("timestamp"))
    for name, value in {"meetingId": meeting_id, "at": at, "openedAt": OPENED}.items():
        stamp.attributes[name] = value
    return doc.get_update()


@dataclass
class Archive:
    """A lounge with a meeting of Ana's and Ben's, observed for a while by Eve, and one of Ben's alone."""

    site: Site
    client: aiohttp.ClientSession
    room_id: str
    people: dict[str, str]
    notes: bytes

    async def be(self, who: str) -> None:
        """Use the browser as somebody."""
        self.client.cookie_jar.clear()
        token = await self.site.people.create_link(f"{who}@school.example")
        async with self.client.get(f"{self.site.url}/s/{token}", allow_redirects=False) as response:
            assert response.status == 303

    async def get(self, path: str = "", *, room: str = "lounge", **query: str) -> tuple[int, bytes]:
        url = f"{self.site.url}/api/rooms/{room}/meetings{path}"
        async with self.client.get(url, params=query) as response:
            return response.status, await response.read()

    async def meetings(self, **query: str) -> MeetingList:
        status, body = await self.get(**query)
        assert status == 200
        return msgspec.json.decode(body, type=MeetingList)

    async def meeting(self, meeting_id: str) -> RecordedMeeting:
        status, body = await self.get(f"/{meeting_id}")
        assert status == 200
        return msgspec.json.decode(body, type=RecordedMeeting)

    async def role(self, who: str, role: RoomRole) -> None:
        await self.site.rooms.set_room_role(self.room_id, self.people[who], role, actor="operator", at=1)


@pytest.fixture
async def archive(site: Site, client: aiohttp.ClientSession) -> Archive:
    people = {
        who: (await site.people.add_person(f"{who}@school.example", who.title(), role)).person_id
        for who, role in PEOPLE.items()
    }
    room = await site.rooms.find_room("lounge")
    assert room is not None
    await site.rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)
    log = MeetingLog(site.database, room.room_id)
    await log.meeting("m1", OPENED, CLOSED)
    await log.stay("m1", people["ana"], OPENED, OPENED + 300)
    await log.stay("m1", people["ben"], OPENED + 100, CLOSED)
    await log.stay("m1", people["eve"], OPENED + 400, OPENED + 500, role=RoomRole.OBSERVER)
    await log.say(people["ana"], "Ana", "<b>Hello</b>", OPENED + 150)
    notes = notes_with_moment("m1", OPENED + 200)
    key = await log.begin("notes_1", DocumentKind.NOTES, people["ana"], OPENED + 120, notes, title="Goals")
    await log.keep(key, 1, CLOSED, notes, "m1")
    board = await log.begin("board_1", DocumentKind.BOARD, people["ben"], OPENED + 130, b"\x00\x00")
    await log.keep(board, 1, CLOSED, b"\x00\x00", "m1")
    await log.meeting("m2", LATER, None)
    await log.stay("m2", people["ben"], LATER, None)
    await log.change(key, 2, LATER + 10, b"\x00\x00")
    return Archive(site, client, room.room_id, people, notes)


async def test_a_meeting_is_told_from_beginning_to_end(archive: Archive) -> None:
    await archive.be("ana")
    meeting = await archive.meeting("m1")
    assert (meeting.room.slug, meeting.opened_at, meeting.closed_at) == ("lounge", OPENED, CLOSED)
    assert [(type(entry).__name__, entry.at - OPENED) for entry in meeting.timeline] == [
        ("Came", 0),
        ("Came", 100),
        ("Begun", 120),
        ("Begun", 130),
        ("Said", 150),
        ("Moment", 200),
        ("Went", 300),
        ("Went", CLOSED - OPENED),
    ]
    assert [entry.text for entry in meeting.timeline if isinstance(entry, Said)] == ["<b>Hello</b>"]
    assert [entry.text for entry in meeting.timeline if isinstance(entry, Moment)] == ["Fractions"]
    assert not meeting.is_cut
    assert [(one.title, one.is_kept, one.has_changed_since) for one in meeting.documents] == [
        ("Goals", True, True),
        ("Today", True, False),
    ]


async def test_a_meeting_that_is_going_on_is_told_so_far(archive: Archive) -> None:
    await archive.be("ben")
    meeting = await archive.meeting("m2")
    assert meeting.closed_at is None
    assert [(person.name, person.stays[0].went_at) for person in meeting.people] == [("Ben", None)]
    assert [(one.document_id, one.is_kept) for one in meeting.documents] == [("notes_1", False)]
    assert (await archive.get("/m2/documents/notes_1"))[0] == 404


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("ana", ["m1"]),
        ("ben", ["m2", "m1"]),
        ("cleo", []),
        ("eve", ["m1"]),
        ("fay", ["m2", "m1"]),
        ("cora", ["m2", "m1"]),
        ("otto", []),
    ],
)
async def test_who_was_there_sees_the_record_and_hosts_and_coordinators(
    archive: Archive, who: str, seen: list[str]
) -> None:
    await archive.be(who)
    assert [meeting.meeting_id for meeting in (await archive.meetings()).meetings] == seen
    for meeting_id in ("m1", "m2"):
        assert (await archive.get(f"/{meeting_id}"))[0] == (200 if meeting_id in seen else 404)
    kept = ("/m1/documents/notes_1", "/m1/documents/board_1", "/m1/notes/notes_1.md")
    for path in kept:
        assert (await archive.get(path))[0] == (200 if "m1" in seen else 404)
    if not seen:
        unknown = await archive.get("/nowhere")
        assert (await archive.get("/m1")) == unknown, "what exists is told from nothing"


@pytest.mark.parametrize("role", list(RoomRole))
async def test_of_the_roles_in_a_room_only_hosts_see_meetings_without_them(archive: Archive, role: RoomRole) -> None:
    await archive.role("cleo", role)
    await archive.be("cleo")
    ids = [meeting.meeting_id for meeting in (await archive.meetings()).meetings]
    assert ids == (["m2", "m1"] if role is RoomRole.HOST else [])
    await archive.role("ana", role)
    await archive.be("ana")
    assert "m1" in [meeting.meeting_id for meeting in (await archive.meetings()).meetings]


async def test_coordinators_see_everything_whatever_they_are_in_the_room(archive: Archive) -> None:
    await archive.role("cora", RoomRole.OBSERVER)
    await archive.be("cora")
    assert [person.name for person in (await archive.meeting("m1")).people] == ["Ana", "Ben", "Eve"]


@pytest.mark.parametrize(("who", "is_told"), [("ana", False), ("ben", True), ("eve", True), ("fay", True)])
async def test_an_observer_is_told_of_to_those_who_were_told_in_the_room(
    archive: Archive, who: str, is_told: bool
) -> None:
    await archive.be(who)
    meeting = await archive.meeting("m1")
    came_and_went = [entry.name for entry in meeting.timeline if isinstance(entry, Came | Went)]
    assert ("Eve" in came_and_went) is is_told
    assert ("Eve" in [person.name for person in meeting.people]) is is_told
    [summary] = [one for one in (await archive.meetings()).meetings if one.meeting_id == "m1"]
    assert summary.people_count == (3 if is_told else 2)
    assert ("Eve" in (await archive.get("/m1"))[1].decode()) is is_told


async def test_meetings_are_read_page_by_page(archive: Archive) -> None:
    await archive.be("ben")
    first = await archive.meetings(limit="1")
    assert ([one.meeting_id for one in first.meetings], first.has_more) == (["m2"], True)
    rest = await archive.meetings(limit="1", before="m2")
    assert ([one.meeting_id for one in rest.meetings], rest.has_more) == (["m1"], False)
    assert [(one.has_board, one.has_notes) for one in rest.meetings] == [(True, True)]
    assert len((await archive.meetings(limit="9999")).meetings) == 2
    await archive.be("ana")
    assert (await archive.get(before="m2"))[0] == 404, "she was not in it"


async def test_pages_are_read_as_they_were(archive: Archive) -> None:
    await archive.be("ana")
    assert (await archive.get("/m1/documents/notes_1")) == (200, archive.notes)
    assert (await archive.get("/m1/documents/board_1")) == (200, b"\x00\x00")
    status, markdown = await archive.get("/m1/notes/notes_1.md", held_on="Sunday")
    assert (status, b"Goals" in markdown, b"Fractions" in markdown, b"Sunday" in markdown) == (200, True, True, True)
    for ending, beginning in (("html", b"<!doctype html>"), ("pdf", b"%PDF-")):
        status, data = await archive.get(f"/m1/notes/notes_1.{ending}")
        assert (status, data[: len(beginning)]) == (200, beginning)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/m1%00",
        "/" + "m" * 65,
        "/m1'--",
        "/..%2Fm1",
        "/%F0%9F%98%80",
        "/m1/documents/nothing",
        "/m1/documents/notes_1%00",
        "/m1/documents/..%2Fnotes_1",
        "/m1/notes/board_1.md",
        "/m1/notes/notes_1.exe",
        "/m1/notes/notes_1",
        "/m2/documents/notes_1",
    ],
)
async def test_what_is_not_kept_is_not_found(archive: Archive, path: str) -> None:
    await archive.be("fay")
    url = URL(f"{archive.site.url}/api/rooms/lounge/meetings{path}", encoded=True)
    async with archive.client.get(url) as response:
        assert response.status == 404


async def test_a_meeting_is_found_in_its_own_room_only(archive: Archive) -> None:
    await archive.be("fay")
    for path in ("/m1", "/m1/documents/notes_1", "/m1/notes/notes_1.md"):
        assert (await archive.get(path, room="stage"))[0] == 404
        assert (await archive.get(path, room="attic"))[0] == 404
    assert (await archive.get(room="stage", before="m1"))[0] == 404


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "²"}, {"limit": ""}])
async def test_a_limit_is_a_number(archive: Archive, query: dict[str, str]) -> None:
    await archive.be("fay")
    assert (await archive.get(**query))[0] == 400


@pytest.mark.parametrize("before", ["nowhere", "", "m1\x00", "m" * 65, "' OR 1=1"])
async def test_a_page_begins_at_a_meeting_that_there_is(archive: Archive, before: str) -> None:
    await archive.be("fay")
    assert (await archive.get(before=before))[0] == 404


async def test_what_no_database_takes_is_not_looked_up(
    start_site: StartSite, client: aiohttp.ClientSession, database_url: DatabaseUrl
) -> None:
    site = await start_site(location=database_url)
    await site.sign_in(client)
    for path in ("?before=m1%00", "/m1%00", "/m1/documents/notes_1%00"):
        url = URL(f"{site.url}/api/rooms/lounge/meetings{path}", encoded=True)
        async with client.get(url) as response:
            assert response.status == 404


async def test_a_page_that_was_removed_is_not_shown_until_it_is_brought_back(archive: Archive) -> None:
    await archive.be("ana")
    documents = MeetingLog(archive.site.database, archive.room_id).documents
    notes = await documents.find("notes_1")
    assert notes is not None
    await documents.change(replace(notes, removed_at=5))
    meeting = await archive.meeting("m1")
    assert [one.document_id for one in meeting.documents] == ["board_1"]
    assert [entry for entry in meeting.timeline if isinstance(entry, Moment)] == []
    assert (await archive.get("/m1/documents/notes_1"))[0] == 404
    assert (await archive.get("/m1/notes/notes_1.md"))[0] == 404
    await documents.change(notes)
    assert len((await archive.meeting("m1")).documents) == 2


async def test_moments_that_are_none_of_the_meetings_are_left_out(archive: Archive) -> None:
    log = MeetingLog(archive.site.database, archive.room_id)
    for number, (meeting_id, at) in enumerate([("m2", OPENED + 1), ("m1", OPENED - 1), ("m1", LATER + 1)]):
        data = notes_with_moment(meeting_id, at)
        key = await log.begin(f"more_{number}", DocumentKind.NOTES, archive.people["ana"], OPENED + 210, data)
        await log.keep(key, 1, CLOSED, data, "m1")
    await archive.be("ana")
    timeline = (await archive.meeting("m1")).timeline
    assert [entry.document_id for entry in timeline if isinstance(entry, Moment)] == ["notes_1"]


async def test_of_endless_talk_the_beginning_is_told_and_that_there_was_more(archive: Archive) -> None:
    log = MeetingLog(archive.site.database, archive.room_id)
    for number in range(80):
        await log.say(archive.people["ben"], "Ben", "x" * 4_000, OPENED + 1_000 + number)
    await archive.be("ana")
    meeting = await archive.meeting("m1")
    said = [entry for entry in meeting.timeline if isinstance(entry, Said)]
    assert (len(said), meeting.is_cut) == (75, True), "Ana's hello, and 296,000 characters"


async def test_what_cannot_be_read_keeps_nothing_else_back(archive: Archive) -> None:
    async with archive.site.database.session() as session:
        await session.execute(text("UPDATE document_snapshot SET checksum = 1 WHERE document_id = 'notes_1'"))
    await archive.be("ana")
    meeting = await archive.meeting("m1")
    assert len(meeting.timeline) == 7, "all but the moment"
    assert (await archive.get("/m1/documents/notes_1"))[0] == 400
    assert (await archive.get("/m1/documents/board_1"))[0] == 200


@pytest.mark.parametrize("path", ["", "/m1", "/m1/documents/notes_1", "/m1/notes/notes_1.md"])
async def test_nobody_reads_a_record_without_being_signed_in(archive: Archive, path: str) -> None:
    archive.client.cookie_jar.clear()
    assert (await archive.get(path))[0] == 401


@pytest.mark.parametrize("path", ["/rooms/lounge/meetings", "/rooms/lounge/meetings/m1"])
async def test_the_pages_are_the_clients(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(site.url + path) as response:
        assert (response.status, response.content_type) == (200, "text/html")
