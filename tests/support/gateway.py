"""A gateway with real rooms, chat, presence and database on a free port; no media workers.

`python -m tests.support.gateway DATA_DIR EMAIL` runs it as a process of its own, for tests that kill it.
"""

import asyncio
import json
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from protocol.requests import REQUESTS
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import MediaSettings
from protocol.rtp import RtpCapabilities
from protocol.wire import Empty, Request
from server.chat.service import ChatService
from server.clock import Clock, SystemClock
from server.documents.service import DocumentService
from server.documents.task_reader import QUIET_S
from server.documents.tasks import Tasks
from server.gateway.fan_out import fan_out
from server.gateway.gateway import RECHECK_EVERY_S, Gateway
from server.hours.presence import PresenceService
from server.http.address import Address
from server.ids import create_id
from server.people.service import PeopleService
from server.room.directory import RoomDirectory
from server.room.feature import Caller, Feature, FeatureFactory, Handler, Meeting
from server.room.state import Graces
from server.store.action_items import ActionItemRepository
from server.store.attendance import AttendanceRepository
from server.store.chat import ChatRepository
from server.store.database import Database
from server.store.documents import DocumentRepository
from server.store.location import Location
from server.store.meetings import MeetingRepository
from server.store.people import PeopleRepository
from server.store.presence import PresenceRepository
from server.store.rooms import RoomRepository
from server.store.sqlite.backend import FILE_NAME
from tests.support.page import Page

COOKIE = "roundup_session"
ROOM = "morning-round-up"


class AnsweringFeature(Feature):
    """Answers every media request with nothing: for what is decided before a request reaches its feature."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting

    def handlers(self) -> Mapping[type[Request], Handler]:
        return {row.fields: self.on_request for row in REQUESTS.values() if row.name.startswith("media_")}

    async def on_request(self, _caller: Caller, _request: Request) -> Empty:
        return Empty()


@dataclass
class RunningGateway:
    """What tests talk to."""

    url: str
    location: Location
    clock: Clock
    database: Database
    people: PeopleService
    rooms: RoomRepository
    directory: RoomDirectory
    gateway: Gateway
    presence: PresenceService
    tasks: Tasks
    stack: AsyncExitStack
    joins: list[float] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        """The folder that the database is in; SQLite's."""
        assert isinstance(self.location, Path)
        return self.location

    async def sql(self, statement: str) -> list[dict[str, Any]]:
        """Run a statement on the database from outside, as another program does, and return its rows."""
        return await asyncio.to_thread(run_sql, self.data_dir, statement)

    async def sign_in(self, email: str, role: ProgrammeRole = ProgrammeRole.TEACHER) -> str:
        """Make the person if need be, and return the value of a session cookie."""
        await self.people.add_person(email, email.partition("@")[0].title(), role)
        signed_in = await self.people.use_link(await self.people.create_link(email))
        assert signed_in is not None
        return signed_in.session_token

    async def connect(
        self, email: str, *, transports: Sequence[str] = ("websocket",), headers: Mapping[str, str] | None = None
    ) -> Page:
        """Open a page of a person, outside the room. It is closed with the gateway."""
        page = Page(await self.sign_in(email))
        self.stack.push_async_callback(page.close)
        await page.connect(self.url, transports=transports, headers=headers)
        return page

    async def enter(self, email: str, **fields: Any) -> Page:
        """Open a page of a person, inside the room."""
        page = await self.connect(email)
        await page.join(ROOM, **fields)
        return page


@asynccontextmanager
async def running_gateway(
    location: Location,
    *,
    clock: Clock | None = None,
    room_grace_s: float = 60.0,
    reconnect_grace_s: float = 20.0,
    reload_grace_s: float = 5.0,
    features: Sequence[FeatureFactory] = (AnsweringFeature,),
    allowed_origins: Sequence[str] = (),
    tls: ssl.SSLContext | None = None,
    recheck_every_s: float = RECHECK_EVERY_S,
    quiet_s: float = QUIET_S,
) -> AsyncIterator[RunningGateway]:
    """Start a gateway over the database at `location`; stopped at the end, pages first."""
    clock = SystemClock() if clock is None else clock
    joins: list[float] = []
    async with AsyncExitStack() as stack:
        database = await Database.open(location)
        stack.push_async_callback(database.close)
        people = PeopleService(PeopleRepository(database), clock)
        rooms = RoomRepository(database)
        await rooms.add_room(ROOM, "Morning Round-up", RoomKind.ROUND_UP, actor="operator", at=1)
        await rooms.add_room("lounge", "Teachers' lounge", RoomKind.LOUNGE, actor="operator", at=1)
        documents = DocumentService(
            DocumentRepository(database), ActionItemRepository(database), clock, quiet_s=quiet_s
        )
        documents.start()
        stack.push_async_callback(documents.close)
        node_id = create_id("node")
        await documents.record_unfinished(await MeetingRepository(database).unfinished(node_id))
        presence = PresenceService(PresenceRepository(database), AttendanceRepository(database), clock, node_id)
        await presence.start()
        stack.push_async_callback(presence.close)
        chat = ChatService(ChatRepository(database), clock)
        directory = RoomDirectory(
            rooms,
            [presence.create_feature, chat.create_feature, documents.create_feature, *features],
            clock,
            Graces(room=room_grace_s, reconnect=reconnect_grace_s, reload=reload_grace_s),
            fan_out,
        )
        stack.push_async_callback(directory.close)
        gateway = Gateway(
            identify=people.person_of_session,
            directory=directory,
            media_settings=lambda: MediaSettings(router_rtp_capabilities=RtpCapabilities()),
            is_own_origin=Address("http://rooms.example", allowed_origins).is_own_origin,
            cookie_name=COOKIE,
            clock=clock,
            observe_join=joins.append,
            recheck_every_s=recheck_every_s,
        )
        gateway.start()
        app = web.Application()
        gateway.attach(app)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(gateway.close)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{port}" if tls is None else f"https://localhost:{port}"
        async with AsyncExitStack() as pages:
            yield RunningGateway(
                url=url,
                location=location,
                clock=clock,
                database=database,
                people=people,
                rooms=rooms,
                directory=directory,
                gateway=gateway,
                presence=presence,
                tasks=documents.tasks,
                stack=pages,
                joins=joins,
            )


def run_sql(data_dir: Path, statement: str) -> list[dict[str, Any]]:
    """Run a statement on the database in `data_dir` and return its rows."""
    with closing(sqlite3.connect(data_dir / FILE_NAME)) as connection, connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


async def _serve(data_dir: Path, email: str) -> None:
    """Tell where the gateway is and the value of a person's session cookie, and run until the input ends."""
    async with running_gateway(data_dir) as gateway:
        print(json.dumps({"url": gateway.url, "session_token": await gateway.sign_in(email)}), flush=True)  # noqa: T201 - to the test
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
