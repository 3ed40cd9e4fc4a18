"""Pictures of boards over HTTP: who may put one in, and who sees it."""

import asyncio
import hashlib
import io
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from protocol.documents import DocumentKind
from protocol.permissions import TABLE
from protocol.roles import RoomKind, RoomRole, RoomState
from server.documents.pictures import service as pictures
from server.documents.pictures.service import PictureService
from server.errors import UserError
from server.store.documents import DocumentRepository, StoredDocument
from tests.server.http.conftest import ANA, Site
from tests.support.pictures import opened, picture
from tests.support.waiting import until

OWN = {"Sec-Fetch-Site": "same-origin"}


PAGE = "document_1"


@pytest.fixture(autouse=True)
async def board(site: Site) -> StoredDocument:
    """Begin a page of the lounge's board."""
    return await begin(site, PAGE)


async def begin(site: Site, document_id: str, room: str = "lounge", **fields: Any) -> StoredDocument:
    found = await site.rooms.find_room(room)
    assert found is not None
    document = StoredDocument(
        document_id=document_id,
        room_id=found.room_id,
        title="Today",
        created_at=1,
        created_by=await person_id(site),
        **{"kind": DocumentKind.BOARD, **fields},
    )
    await DocumentRepository(site.database).create(document)
    return document


async def person_id(site: Site) -> str:
    [ana] = [one.person for one in await site.people.list_people() if one.person.email == ANA]
    return ana.person_id


async def set_role(site: Site, role: RoomRole) -> None:
    room = await site.rooms.find_room("lounge")
    assert room is not None
    await site.rooms.set_room_role(room.room_id, await person_id(site), role, actor="test", at=1)


async def add(
    site: Site, client: aiohttp.ClientSession, data: bytes, page: str = PAGE, room: str = "lounge"
) -> tuple[int, str]:
    url = f"{site.url}/api/rooms/{room}/boards/{page}/pictures"
    async with client.post(url, data=io.BytesIO(data), headers=OWN) as response:
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
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "private" in response.headers["Cache-Control"]
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["ETag"] == f'"{picture_id}"'
        data = await response.read()
    assert int(response.headers["Content-Length"]) == len(data)
    assert hashlib.sha256(data).hexdigest() == picture_id
    assert opened(data).size == (8, 6)


@pytest.mark.parametrize("named", ["image/png", "text/html", "image/svg+xml"])
async def test_what_a_picture_is_shows_in_it_and_not_in_what_it_is_called(
    site: Site, client: aiohttp.ClientSession, named: str
) -> None:
    await site.sign_in(client)
    url = f"{site.url}/api/rooms/lounge/boards/{PAGE}/pictures"
    async with client.post(url, data=picture("JPEG"), headers={**OWN, "Content-Type": named}) as response:
        picture_id = (await response.json())["picture_id"]
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{picture_id}") as response:
        assert response.headers["Content-Type"] == "image/jpeg"
    page = b"<html><script>alert(1)</script></html>"
    async with client.post(url, data=page, headers={**OWN, "Content-Type": "image/png"}) as response:
        assert response.status == 400


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
async def test_who_has_a_picture_already_is_not_sent_it_again(
    site: Site, client: aiohttp.ClientSession, tag: str
) -> None:
    await site.sign_in(client)
    _, picture_id = await add(site, client, picture("JPEG"))
    headers = {"If-None-Match": tag.format(picture_id)}
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{picture_id}", headers=headers) as response:
        assert response.status == 304
        assert response.headers["ETag"] == f'"{picture_id}"'
        assert "immutable" in response.headers["Cache-Control"]
        assert await response.read() == b""
    headers = {"If-None-Match": '"other"'}
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{picture_id}", headers=headers) as response:
        assert response.status == 200


async def test_nobody_learns_by_asking_again_which_pictures_there_are(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)
    await site.sign_in(client)
    _, picture_id = await add(site, client, picture("JPEG"))

    async def ask(room: str, asked_id: str = picture_id) -> int:
        headers = {"If-None-Match": f'"{asked_id}"'}
        async with client.get(f"{site.url}/api/rooms/{room}/pictures/{asked_id}", headers=headers) as response:
            return response.status

    assert [await ask("lounge"), await ask("stage"), await ask("lounge", "0" * 64)] == [304, 404, 404]
    monkeypatch.setitem(TABLE[RoomState.LIVE], "document_open", frozenset())
    assert await ask("lounge") == 403
    client.cookie_jar.clear()
    assert await ask("lounge") == 401


async def test_a_picture_that_ends_its_reader_is_refused_and_the_next_one_is_kept(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await site.sign_in(client)
    assert (await add(site, client, picture()))[0] == 200
    process = site.pictures._decoder.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    asking = asyncio.create_task(add(site, client, picture("JPEG")))
    await until(lambda: site.pictures._turns._is_taken)
    others = [asyncio.create_task(add(site, client, picture("GIF"))) for _ in range(2)]
    await until(lambda: site.pictures._turns.waiting == 2)
    os.kill(process.pid, signal.SIGKILL)
    assert await asking == (400, "bad_request")
    assert [status for status, _ in await asyncio.gather(*others)] == [200, 200]


async def test_a_picture_of_another_room_is_not_found(site: Site, client: aiohttp.ClientSession) -> None:
    await site.rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)
    await begin(site, "document_2", "stage")
    await site.sign_in(client)
    _, picture_id = await add(site, client, picture())
    async with client.get(f"{site.url}/api/rooms/stage/pictures/{picture_id}") as response:
        assert response.status == 404
    assert (await add(site, client, picture(), "document_2", "stage"))[1] == picture_id
    async with client.get(f"{site.url}/api/rooms/stage/pictures/{picture_id}") as response:
        assert response.status == 200


@pytest.mark.parametrize("role", [RoomRole.OBSERVER, RoomRole.AUDIENCE])
async def test_who_only_watches_puts_none_in(site: Site, client: aiohttp.ClientSession, role: RoomRole) -> None:
    await site.sign_in(client)
    await set_role(site, role)
    assert await add(site, client, picture()) == (403, "forbidden")


async def test_none_is_put_on_what_is_no_page_of_the_room_s_board(site: Site, client: aiohttp.ClientSession) -> None:
    await site.rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)
    await begin(site, "elsewhere", "stage")
    await begin(site, "removed", removed_at=1)
    await begin(site, "notes", kind=DocumentKind.NOTES)
    await site.sign_in(client)
    for page in ("elsewhere", "removed", "notes", "unknown"):
        assert await add(site, client, picture(), page) == (404, "not_found")


async def test_only_hosts_put_one_on_a_locked_page(site: Site, client: aiohttp.ClientSession) -> None:
    await begin(site, "locked", is_locked=True)
    await site.sign_in(client)
    await set_role(site, RoomRole.PARTICIPANT)
    assert (await add(site, client, picture(), "locked"))[1] == "document_locked"
    await set_role(site, RoomRole.HOST)
    assert (await add(site, client, picture(), "locked"))[0] == 200


async def test_whoever_the_table_lets_open_no_documents_sees_none(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)
    _, picture_id = await add(site, client, picture())
    monkeypatch.setitem(TABLE[RoomState.LIVE], "document_open", frozenset())
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{picture_id}") as response:
        assert response.status == 403


async def test_only_so_much_is_taken_in_at_the_same_time(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture()
    monkeypatch.setattr(pictures, "RECEIVED_BYTES_EACH", len(data))
    await site.sign_in(client)
    may_end = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:10]
        await may_end.wait()
        yield data[10:]

    async def add_slowly() -> int:
        headers = {**OWN, "Content-Length": str(len(data))}
        url = f"{site.url}/api/rooms/lounge/boards/{PAGE}/pictures"
        async with client.post(url, data=slowly(), headers=headers) as response:
            return response.status

    first = asyncio.create_task(add_slowly())
    await until(lambda: site.pictures._received.total() == len(data))
    assert await add(site, client, data) == (429, "too_many")
    may_end.set()
    assert await first == 200
    assert (await add(site, client, data))[0] == 200, "its place is free again"


def is_full(received: PictureService, person_id: str, size: int) -> bool:
    try:
        with received.receiving(person_id, size):
            return False
    except UserError:
        return True


async def test_one_person_leaves_place_for_others(site: Site) -> None:
    received = site.pictures
    most, each = pictures.RECEIVED_BYTES, pictures.RECEIVED_BYTES_EACH
    with received.receiving("ana", each), received.receiving("ben", each):
        assert is_full(received, "ana", 1)
        assert is_full(received, "eve", most - 2 * each + 1)
        assert not is_full(received, "eve", most - 2 * each)
    with received.receiving("ana", each):
        pass


async def test_what_is_no_picture_or_too_much_is_refused(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)
    assert await add(site, client, b"<svg/>") == (400, "bad_request")
    assert (await add(site, client, b"x" * (pictures.MAX_UPLOAD_BYTES + 1)))[1] == "too_large"
    monkeypatch.setattr(pictures, "ROOM_BYTES", 200)
    assert (await add(site, client, picture(size=(8, 6))))[0] == 200
    assert await add(site, client, picture(size=(600, 600))) == (507, "pictures_full")


async def test_another_site_puts_none_in(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    async with client.post(f"{site.url}/api/rooms/lounge/boards/{PAGE}/pictures", data=picture()) as response:
        assert response.status == 403


async def test_nobody_sees_one_without_being_signed_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/rooms/lounge/pictures/{'0' * 64}") as response:
        assert response.status == 401
