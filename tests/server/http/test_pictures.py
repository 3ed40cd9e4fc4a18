"""Pictures of boards over HTTP: who may put one in, and who sees it."""

import io

import aiohttp
import pytest

from protocol.roles import RoomKind, RoomRole
from server.documents import pictures
from tests.server.http.conftest import ANA, Site
from tests.support.pictures import opened, picture

OWN = {"Sec-Fetch-Site": "same-origin"}


async def add(site: Site, client: aiohttp.ClientSession, data: bytes, room: str = "lounge") -> tuple[int, str]:
    async with client.post(f"{site.url}/api/rooms/{room}/pictures", data=io.BytesIO(data), headers=OWN) as response:
        body = await response.json()
        return response.status, body.get("picture_id") or body["error"]["code"]


async def test_a_picture_is_shown_as_it_was_put_in_and_kept_once(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    status, picture_id = await add(site, client, picture("JPEG"))
    assert status == 200
    assert await add(site, client, picture("JPEG")) == (200, picture_id)
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{picture_id}") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "image/jpeg"
        assert "immutable" in response.headers["Cache-Control"]
        assert opened(await response.read()).size == (8, 6)


async def test_a_picture_of_another_room_is_not_found(site: Site, client: aiohttp.ClientSession) -> None:
    await site.rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)
    await site.sign_in(client)
    _, picture_id = await add(site, client, picture())
    async with client.get(f"{site.url}/api/rooms/stage/pictures/{picture_id}") as response:
        assert response.status == 404
    assert (await add(site, client, picture(), room="stage"))[1] == picture_id
    async with client.get(f"{site.url}/api/rooms/stage/pictures/{picture_id}") as response:
        assert response.status == 200


@pytest.mark.parametrize("role", [RoomRole.OBSERVER, RoomRole.AUDIENCE])
async def test_who_only_watches_puts_none_in(site: Site, client: aiohttp.ClientSession, role: RoomRole) -> None:
    await site.sign_in(client)
    room = await site.rooms.find_room("lounge")
    assert room is not None
    [ana] = [one.person for one in await site.people.list_people() if one.person.email == ANA]
    await site.rooms.set_room_role(room.room_id, ana.person_id, role, actor="test", at=1)
    assert await add(site, client, picture()) == (403, "forbidden")


async def test_what_is_no_picture_or_too_much_is_refused(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)
    assert await add(site, client, b"<svg/>") == (400, "bad_request")
    assert (await add(site, client, b"x" * (pictures.MAX_UPLOAD_BYTES + 1)))[1] == "too_large"
    monkeypatch.setattr(pictures, "ROOM_BYTES", 200)
    assert (await add(site, client, picture(size=(8, 6))))[0] == 200
    assert (await add(site, client, picture(size=(600, 600))))[1] == "too_many"


async def test_another_site_puts_none_in(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    async with client.post(f"{site.url}/api/rooms/lounge/pictures", data=picture()) as response:
        assert response.status == 403


async def test_nobody_sees_one_without_being_signed_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{'0' * 64}") as response:
        assert response.status == 401
