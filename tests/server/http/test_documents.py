"""Files of notes, as browsers are given them."""

import aiohttp
import pytest

from protocol.permissions import TABLE
from protocol.roles import ProgrammeRole, RoomKind, RoomRole, RoomState
from protocol.room import Inside, Person
from tests.server.http.conftest import ANA, Site
from tests.support.record import MeetingLog


async def ana_of(site: Site) -> Person:
    return await site.people.add_person(ANA, "Ana Lima", ProgrammeRole.TEACHER)


async def be_inside(site: Site) -> None:
    """Have Ana be in the lounge just now."""
    room, ana = await site.rooms.find_room("lounge"), await ana_of(site)
    assert room is not None
    site.inside[room.room_id] = (Inside(participant_id="p", person_id=ana.person_id, name=ana.name),)


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [("md", "text/markdown; charset=utf-8"), ("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")],
)
async def test_notes_are_a_file_to_be_saved(
    site: Site, client: aiohttp.ClientSession, ending: str, content_type: str
) -> None:
    await site.sign_in(client)
    await be_inside(site)
    query = {"language": "es", "held_on": "22 de noviembre\r\nX-Evil: 1", "paper": "letter"}
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.{ending}", params=query) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == content_type
        assert (
            response.headers["Content-Disposition"]
            == f"attachment; filename*=UTF-8''Goals%20Ziele%20%E2%9C%93.{ending}"
        )
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await response.text() == "lounge es 22 de noviembreX-Evil: 1 letter"


@pytest.mark.parametrize("paper", ["a4", "a0", "LETTER", ""])
async def test_what_is_no_paper_here_is_a4(site: Site, client: aiohttp.ClientSession, paper: str) -> None:
    await site.sign_in(client)
    await be_inside(site)
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md", params={"paper": paper}) as response:
        assert await response.text() == "lounge en  a4"


@pytest.mark.parametrize(
    "path",
    ["lounge/notes/document_2.md", "attic/notes/document_1.md", "lounge/notes/document_1.exe", "lounge/notes/..md"],
)
async def test_what_is_not_there_is_not_found(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    await site.sign_in(client)
    await be_inside(site)
    async with client.get(f"{site.url}/api/rooms/{path}") as response:
        assert response.status == 404


async def test_whoever_the_table_lets_open_no_documents_reads_none(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)
    await be_inside(site)
    monkeypatch.setitem(TABLE[RoomState.LIVE], "document_open", frozenset())
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md") as response:
        assert response.status == 403


async def test_nobody_reads_notes_without_being_signed_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md") as response:
        assert response.status == 401


class TestWhoTakesNotesAlong:
    """The same rule as that of the records: see `server/record/access.py`."""

    async def status(self, site: Site, client: aiohttp.ClientSession) -> int:
        async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md") as response:
            if response.status == 403:
                failure = (await response.json())["error"]
                assert failure["code"] == "forbidden"
                assert "been in a meeting" in failure["text"]
            return response.status

    async def test_who_was_never_there_takes_none(self, site: Site, client: aiohttp.ClientSession) -> None:
        await site.sign_in(client)
        await self.hold_meeting(site, "ben@school.example", room="lounge")
        await self.hold_meeting(site, ANA, room="attic")
        assert await self.status(site, client) == 403

    async def test_who_was_in_a_meeting_of_the_room_takes_them(self, site: Site, client: aiohttp.ClientSession) -> None:
        await site.sign_in(client)
        await self.hold_meeting(site, ANA, room="lounge")
        assert await self.status(site, client) == 200

    async def test_who_is_inside_just_now_takes_them(self, site: Site, client: aiohttp.ClientSession) -> None:
        await site.sign_in(client)
        await be_inside(site)
        assert await self.status(site, client) == 200

    async def test_hosts_of_the_room_take_them(self, site: Site, client: aiohttp.ClientSession) -> None:
        await site.sign_in(client)
        room, ana = await site.rooms.find_room("lounge"), await ana_of(site)
        assert room is not None
        await site.rooms.set_room_role(room.room_id, ana.person_id, RoomRole.HOST, actor="operator", at=1)
        assert await self.status(site, client) == 200

    async def test_coordinators_take_them(self, site: Site, client: aiohttp.ClientSession) -> None:
        await site.people.add_person("cora@school.example", "Cora", ProgrammeRole.COORDINATOR)
        token = await site.people.create_link("cora@school.example", None)
        async with client.get(f"{site.url}/s/{token}", allow_redirects=False) as response:
            assert response.status == 303
        assert await self.status(site, client) == 200

    async def hold_meeting(self, site: Site, email: str, *, room: str) -> None:
        person = await site.people.add_person(email, email.partition("@")[0].title(), ProgrammeRole.TEACHER)
        if room != "lounge":
            await site.rooms.add_room(room, room.title(), RoomKind.LOUNGE, actor="operator", at=1)
        found = await site.rooms.find_room(room)
        assert found is not None
        log = MeetingLog(site.database, found.room_id)
        await log.meeting(f"of {room}", 1_000, 2_000)
        await log.stay(f"of {room}", person.person_id, 1_100, 1_200)
