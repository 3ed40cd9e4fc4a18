"""What somebody is to do, over HTTP."""

import json

import aiohttp
import msgspec
import pytest

from protocol.roles import ProgrammeRole, RoomRole
from protocol.room import Inside
from protocol.tasks import MAX_ITEM_ID_CHARACTERS, RoomPeople, TaskList
from tests.server.http.conftest import ANA, Site

OWN = {"Sec-Fetch-Site": "same-origin"}


async def tick(
    site: Site, client: aiohttp.ClientSession, body: object, *, document_id: str = "document_1", **headers: str
) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"{site.url}/api/tasks/{document_id}"
    async with client.put(url, data=data, headers=headers or OWN) as response:
        return response.status, "" if response.status == 204 else (await response.json())["error"]["code"]


async def open_tasks(site: Site, client: aiohttp.ClientSession) -> list[str]:
    async with client.get(f"{site.url}/api/tasks") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        return [task.text for task in msgspec.json.decode(await response.read(), type=TaskList).tasks]


async def test_a_task_is_listed_ticked_and_unticked(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    assert await open_tasks(site, client) == ["For Ana Lima"]
    assert await tick(site, client, {"item_id": "i1", "is_done": True}) == (204, "")
    assert site.tasks.asked == [(ANA, "document_1", "i1")]
    assert await open_tasks(site, client) == []
    assert await tick(site, client, {"item_id": "i1", "is_done": False}) == (204, "")
    assert await open_tasks(site, client) == ["For Ana Lima"]


@pytest.mark.parametrize("item_id", ["😀" * MAX_ITEM_ID_CHARACTERS, "../../x", "' OR 1=1", "a\x00b"])
async def test_an_id_that_a_page_has_made_arrives_as_it_is(
    site: Site, client: aiohttp.ClientSession, item_id: str
) -> None:
    await site.sign_in(client)
    assert await tick(site, client, {"item_id": item_id, "is_done": True}) == (204, "")
    assert site.tasks.asked[-1][2] == item_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 4_000,
        b'{"item_id": "i1"}',
        b'{"item_id": "i1", "is_done": "yes"}',
        b'{"item_id": "i1", "is_done": 1}',
        b'{"item_id": "", "is_done": true}',
        b'{"item_id": "i1", "is_done": true, "owner_id": "me"}',
        b'{"item_id": "\xff", "is_done": true}',
        json.dumps({"item_id": "i" * (MAX_ITEM_ID_CHARACTERS + 1), "is_done": True}).encode(),
    ],
)
async def test_what_is_no_tick_is_refused(site: Site, client: aiohttp.ClientSession, body: bytes) -> None:
    await site.sign_in(client)
    assert await tick(site, client, body) == (400, "bad_request")
    assert site.tasks.asked == []


async def test_a_body_without_end_is_not_read(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    assert await tick(site, client, b" " * 5_000) == (413, "too_large")


@pytest.mark.parametrize("document_id", ["..", "a%2Fb", "a" * 65, "é-", "%00"])
async def test_what_is_no_document_is_not_found(site: Site, client: aiohttp.ClientSession, document_id: str) -> None:
    await site.sign_in(client)
    status, _ = await tick(site, client, {"item_id": "i1", "is_done": True}, document_id=document_id)
    assert status in (404, 405)
    assert site.tasks.asked == []


async def test_another_site_ticks_nothing(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    body = {"item_id": "i1", "is_done": True}
    assert await tick(site, client, body, Origin="https://evil.example") == (403, "forbidden")
    assert site.tasks.asked == []


async def test_nobody_sees_or_ticks_anything_without_signing_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/tasks") as response:
        assert response.status == 401
    assert await tick(site, client, {"item_id": "i1", "is_done": True}) == (401, "not_signed_in")
    async with client.get(f"{site.url}/api/rooms/lounge/people") as response:
        assert response.status == 401


async def test_who_is_inside_and_writes_is_told_who_may_enter(site: Site, client: aiohttp.ClientSession) -> None:
    async def people() -> tuple[int, bytes]:
        async with client.get(f"{site.url}/api/rooms/lounge/people") as response:
            return response.status, await response.read()

    await site.people.add_person("ben@school.example", "Ben", ProgrammeRole.MENTOR)
    await site.people.add_person("gone@school.example", "Gone", ProgrammeRole.MENTOR)
    await site.people.remove("gone@school.example")
    await site.sign_in(client)
    assert (await people())[0] == 403, "nobody is inside"
    room, ana = await site.rooms.find_room("lounge"), await site.people.find(ANA)
    assert room is not None
    site.inside[room.room_id] = (Inside(participant_id="p2", person_id="somebody else", name="Ben"),)
    assert (await people())[0] == 403, "somebody else is"
    site.inside[room.room_id] = (Inside(participant_id="p1", person_id=ana.person_id, name="Ana"),)
    status, body = await people()
    assert status == 200
    assert [one.name for one in msgspec.json.decode(body, type=RoomPeople).people] == ["Ana Lima", "Ben"]
    assert b"@" not in body, "names and ids, no addresses"
    await site.rooms.set_room_role(room.room_id, ana.person_id, RoomRole.AUDIENCE, actor="test", at=1)
    assert (await people())[0] == 403, "who only watches mentions nobody"
