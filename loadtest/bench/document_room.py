"""A server with one room, people who are signed in, and one page of the board that they open."""

from dataclasses import dataclass

import aiohttp

from loadtest.bench.server_process import ServerProcess
from loadtest.bots.signalling import random_id
from loadtest.documents.crowd import DrawingPage, Enter, OnUpdate
from loadtest.documents.page import UPDATED, BoardPage, OnTold, sign_in
from protocol.document_requests import DocumentCreate, DocumentCreated, DocumentOpened
from protocol.documents import DocumentKind

ROOM = "bench"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What people need to come in again, also after a restart."""

    cookies: tuple[str, ...]
    document_id: str


async def invite(server: ServerProcess, count: int) -> Invitation:
    """Add the room and people, sign them in, and begin a page of the board."""
    await server.add_room(ROOM)
    links = await server.import_people([f"bot{number}@bench.example" for number in range(count)])
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        cookies = tuple([await sign_in(http, link) for link in links])
    page = await come_in(server, cookies[0], _ignore)
    begin = DocumentCreate(request_id=random_id(), kind=DocumentKind.BOARD, title="bench")
    created = await page.request(begin, DocumentCreated)
    page.close()
    return Invitation(cookies, created.document.document_id)


async def come_in(server: ServerProcess, cookie: str, on_told: OnTold) -> BoardPage:
    """Open the room's page."""
    page = BoardPage(server.url, on_told)
    await page.connect(cookie)
    await page.join(ROOM)
    return page


async def open_board(
    server: ServerProcess, invitation: Invitation, number: int, on_told: OnTold
) -> tuple[BoardPage, DocumentOpened]:
    """Open the room's page of a person, and the board in it."""
    page = await come_in(server, invitation.cookies[number], on_told)
    return page, await page.open(invitation.document_id)


def entrance(server: ServerProcess, invitation: Invitation) -> Enter:
    """Return how people come in who draw."""

    async def enter(number: int, on_update: OnUpdate) -> DrawingPage:
        page, _ = await open_board(
            server, invitation, number, lambda name, data: on_update(data) if name == UPDATED else None
        )
        return page

    return enter


async def read_board(server: ServerProcess, invitation: Invitation) -> bytes:
    """Return all of the board, as one update, as somebody sees it who opens it now."""
    page, opened = await open_board(server, invitation, 0, _ignore)
    try:
        return await page.read(opened.update)
    finally:
        page.close()


def _ignore(_name: str, _data: bytes) -> None:
    """Nobody looks."""
