"""The JSON that a page asks for before it is connected."""

import aiohttp
import msgspec
import pytest

from protocol.roles import ProgrammeRole, RoomRole
from protocol.room import Inside, RoomPreview, SignedIn
from tests.server.http.conftest import ANA, Site


async def test_the_session_tells_who_is_signed_in_and_where_they_can_go(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await site.sign_in(client)
    async with client.get(f"{site.url}/api/session") as response:
        assert response.content_type == "application/json"
        signed_in = msgspec.json.decode(await response.read(), type=SignedIn)
    assert (signed_in.person.name, signed_in.person.email, signed_in.person.role) == (
        "Ana Lima",
        ANA,
        ProgrammeRole.TEACHER,
    )
    [summary] = signed_in.rooms
    assert (summary.room.slug, summary.inside_count) == ("lounge", 0)
    site.inside[summary.room.room_id] = (Inside(participant_id="p1", person_id="person_ben", name="<b>Ben</b>"),)
    async with client.get(f"{site.url}/api/session") as response:
        assert msgspec.json.decode(await response.read(), type=SignedIn).rooms[0].inside_count == 1
    async with client.get(f"{site.url}/api/rooms/lounge") as response:
        preview = msgspec.json.decode(await response.read(), type=RoomPreview)
    assert preview.room == summary.room
    assert preview.inside == site.inside[summary.room.room_id]


async def test_the_door_tells_what_one_may_do_inside(site: Site, client: aiohttp.ClientSession) -> None:
    async def permitted() -> set[str]:
        async with client.get(f"{site.url}/api/rooms/lounge") as response:
            return set(msgspec.json.decode(await response.read(), type=RoomPreview).permitted)

    await site.sign_in(client)
    room, ana = await site.rooms.find_room("lounge"), await site.people.find(ANA)
    assert room is not None
    assert {"media_produce", "media_consume", "chat_send"} <= await permitted()
    for role, may_write in ((RoomRole.AUDIENCE, True), (RoomRole.OBSERVER, False)):
        await site.rooms.set_room_role(room.room_id, ana.person_id, role, actor="operator", at=1)
        requests = await permitted()
        assert "media_consume" in requests
        assert "media_produce" not in requests
        assert ("chat_send" in requests) is may_write


@pytest.mark.parametrize("path", ["/api/session", "/api/rooms/lounge", "/api/rooms/nowhere"])
async def test_nobody_learns_anything_without_signing_in(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(site.url + path) as response:
        assert response.status == 401
        assert (await response.json())["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("slug", ["nowhere", "LOUNGE", "..%2Flounge", "lounge%00", "%F0%9F%98%80", "a" * 4_000, "'--"])
async def test_a_room_that_does_not_exist_is_not_found(site: Site, client: aiohttp.ClientSession, slug: str) -> None:
    await site.sign_in(client)
    async with client.get(f"{site.url}/api/rooms/{slug}") as response:
        assert response.status == 404
        assert await response.json() == {"error": {"code": "not_found", "text": "There is no room of this name."}}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/rooms/", "/api/session/x"])
async def test_what_does_not_exist_is_not_found(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(site.url + path) as response:
        assert response.status == 404


async def test_a_wrong_method_is_refused_with_the_right_ones(site: Site, client: aiohttp.ClientSession) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    for method in ("POST", "PUT", "PATCH", "PROPFIND"):
        async with client.request(method, f"{site.url}/api/session", headers=own) as response:
            assert response.status == 405
            assert {"GET", "DELETE"} <= set(response.headers["Allow"].split(","))
            assert (await response.json())["error"]["code"] == "bad_request"


async def test_a_fault_of_ours_tells_nothing_about_itself(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)

    async def fail(_token: str) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(site.people, "person_of_session", fail)
    async with client.get(f"{site.url}/api/session") as response:
        assert response.status == 500
        assert await response.json() == {
            "error": {"code": "internal_error", "text": "Something went wrong on our side."}
        }


async def test_the_server_tells_how_it_is(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/healthz") as response:
        assert response.status == 200
    async with client.get(f"{site.url}/readyz") as response:
        assert (response.status, await response.json()) == (200, {"ready": True})
    site.is_ready = False
    async with client.get(f"{site.url}/readyz") as response:
        assert (response.status, await response.json()) == (503, {"ready": False})
    async with client.get(f"{site.url}/metrics", headers={"Accept": "text/plain"}) as response:
        assert await response.text() == "# for text/plain\n"
