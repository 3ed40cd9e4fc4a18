"""Files of notes, as browsers are given them."""

import aiohttp
import pytest

from protocol.permissions import TABLE
from protocol.roles import RoomState
from tests.server.http.conftest import Site


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [("md", "text/markdown; charset=utf-8"), ("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")],
)
async def test_notes_are_a_file_to_be_saved(
    site: Site, client: aiohttp.ClientSession, ending: str, content_type: str
) -> None:
    await site.sign_in(client)
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
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md", params={"paper": paper}) as response:
        assert await response.text() == "lounge en  a4"


@pytest.mark.parametrize(
    "path",
    ["lounge/notes/document_2.md", "attic/notes/document_1.md", "lounge/notes/document_1.exe", "lounge/notes/..md"],
)
async def test_what_is_not_there_is_not_found(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    await site.sign_in(client)
    async with client.get(f"{site.url}/api/rooms/{path}") as response:
        assert response.status == 404


async def test_whoever_the_table_lets_open_no_documents_reads_none(
    site: Site, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sign_in(client)
    monkeypatch.setitem(TABLE[RoomState.LIVE], "document_open", frozenset())
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md") as response:
        assert response.status == 403


async def test_nobody_reads_notes_without_being_signed_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/api/rooms/lounge/notes/document_1.md") as response:
        assert response.status == 401
