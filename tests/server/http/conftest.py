"""The real pages over a real socket and a real database; rooms are empty and media stands still."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from protocol.connection_test import ConnectionTestOpened
from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import Inside, MediaSettings, Person, RoomInfo
from protocol.rtp import RtpCapabilities
from protocol.tasks import Task, TaskList
from protocol.wire import Request, Wire
from server.documents.pictures.service import PictureService
from server.documents.service import DocumentService
from server.edition import Edition
from server.errors import UserError
from server.gateway.fan_out import fan_out
from server.hours.service import create_hours
from server.http.access_log import AccessLog, create_server_log
from server.http.address import Address
from server.http.application import create_application
from server.http.downloads import DOWNLOADS, Downloads
from server.http.parts import Parts
from server.http.token_guard import TokenGuard
from server.http.web_client import WebClient
from server.people.api_tokens import ApiTokens
from server.people.service import PeopleService
from server.privacy.export import PersonalExports
from server.record.service import RecordService
from server.room.directory import RoomDirectory
from server.room.state import Graces
from server.store.action_items import ActionItemRepository
from server.store.database import Database
from server.store.documents import DocumentRepository
from server.store.location import Location
from server.store.meetings import MeetingRepository
from server.store.people import PeopleRepository
from server.store.personal import PersonalRepository
from server.store.pictures import PictureRepository
from server.store.rooms import RoomRepository
from server.store.tokens import TokenRepository
from tests.support.clock import ManualClock
from tests.support.web_client import lay_out_web_client

ANA = "ana@school.example"


class NoConnectionTests:
    """Fits `server.http.parts.ConnectionTests`: this site has no media; tests that need some start a whole server."""

    async def open(self, _person_id: str) -> ConnectionTestOpened:
        raise UserError(ErrorCode.TOO_MANY, "Too many.")

    async def ask(self, _person_id: str, _test_id: str, _request: Request) -> Wire:
        raise UserError(ErrorCode.NOT_FOUND, "Over.")

    def spend(self, _person_id: str, _test_id: str, _size: int) -> None:
        raise UserError(ErrorCode.NOT_FOUND, "Over.")

    async def end(self, _person_id: str, _test_id: str) -> None:
        raise UserError(ErrorCode.NOT_FOUND, "Over.")


@dataclass
class Tasks:
    """Fits `server.http.parts.Tasks`: one task, which can be ticked."""

    is_done: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def open_tasks(self, person: Person) -> TaskList:
        task = Task(document_id="document_1", item_id="i1", room_id="room_1", text=f"For {person.name}", due=None)
        return TaskList(tasks=() if self.is_done else (task,))

    async def set_done(self, person: Person, document_id: str, item_id: str, *, is_done: bool) -> None:
        self.asked.append((person.email, document_id, item_id))
        self.is_done = is_done


@dataclass(frozen=True)
class File:
    """Fits `server.http.parts.File`."""

    title: str
    content_type: str
    data: bytes


async def tell_what_is_asked(_person_id: str, room: RoomInfo, document_id: str, ending: str, edition: Edition) -> File:
    """Stand in for the documents, which this site has none of: the file says what was asked for."""
    if document_id != "document_1":
        raise UserError(ErrorCode.NOT_FOUND, "This room has no such notes.")
    kinds = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}
    return File(
        "Goals / Ziele: ✓", kinds[ending], f"{room.slug} {edition.language} {edition.held_on} {edition.paper}".encode()
    )


@dataclass
class Site:
    """The pages, running."""

    url: str
    database: Database
    people: PeopleService
    api_tokens: ApiTokens
    rooms: RoomRepository
    clock: ManualClock
    pictures: PictureService
    inside: dict[str, tuple[Inside, ...]]
    """By room id, set by a test."""
    downloads: Downloads = field(default_factory=Downloads)
    is_ready: bool = True
    tasks: Tasks = field(default_factory=Tasks)
    signed_out: list[str] = field(default_factory=list)
    """Tokens of sessions that browsers have ended."""

    async def sign_in(self, client: aiohttp.ClientSession, room: str | None = None) -> str:
        """Open a fresh link of Ana's, keep the cookie, and return the link's token."""
        token = await self.people.create_link(ANA, room)
        async with client.get(f"{self.url}/s/{token}", allow_redirects=False) as response:
            assert response.status == 303
        return token


StartSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def start_site(tmp_path: Path) -> AsyncIterator[StartSite]:
    async with AsyncExitStack() as stack:

        async def start(
            base_url: str = "", *, tls: ssl.SSLContext | None = None, location: Location | None = None
        ) -> Site:
            clock = ManualClock()
            database = await Database.open(location or tmp_path / "data")
            stack.push_async_callback(database.close)
            people = PeopleService(PeopleRepository(database), clock)
            rooms = RoomRepository(database)
            await people.add_person(ANA, "Ana Lima", ProgrammeRole.TEACHER)
            await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
            directory = RoomDirectory(rooms, (), clock, Graces(room=1, reconnect=1, reload=1), fan_out)
            documents = DocumentService(DocumentRepository(database), ActionItemRepository(database), clock)
            stack.push_async_callback(documents.close)
            pictures = PictureService(PictureRepository(database), DocumentRepository(database), clock)
            stack.push_async_callback(pictures.close)
            api_tokens = ApiTokens(TokenRepository(database), clock)
            site = Site("", database, people, api_tokens, rooms, clock, pictures, {})

            hours = create_hours(database, people.programme_name, clock)

            async def is_ready() -> bool:
                return site.is_ready

            parts = Parts(
                address=Address(base_url or "http://localhost:1", ["https://partner.example/"]),
                web_client=WebClient.load(lay_out_web_client(tmp_path / "dist")),
                people=people,
                api_tokens=api_tokens,
                token_guard=TokenGuard(api_tokens.person_of, clock),
                rooms=rooms,
                find_door=directory.find,
                inside=lambda room_id: site.inside.get(room_id, ()),
                media_settings=lambda: MediaSettings(router_rtp_capabilities=RtpCapabilities()),
                connection_tests=NoConnectionTests(),
                pictures=pictures,
                export_notes=tell_what_is_asked,
                tasks=site.tasks,
                records=RecordService(MeetingRepository(database), documents, clock),
                hours=hours.service,
                hours_files=hours.files,
                export_person=PersonalExports(PersonalRepository(database), clock).make_own,
                on_signed_out=site.signed_out.append,
                is_ready=is_ready,
                render_metrics=lambda accept: (f"# for {accept}\n".encode(), "text/plain; charset=utf-8"),
            )
            application = create_application(parts)
            site.downloads = application[DOWNLOADS]
            runner = web.AppRunner(application, access_log_class=AccessLog, logger=create_server_log())
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
            site.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
            return site

        yield start


@pytest.fixture
async def site(start_site: StartSite) -> Site:
    return await start_site()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # keeps cookies of hosts that are addresses
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session
