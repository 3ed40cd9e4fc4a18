"""The composition root: makes every part, gives each what it needs, starts and stops them in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from socket import socket
from ssl import SSLContext

import structlog
from aiohttp import web

from server.chat.service import ChatService
from server.clock import Clock, SystemClock
from server.config import Config
from server.documents.pictures.service import PictureService
from server.documents.service import DocumentService
from server.errors import StartupError
from server.gateway.fan_out import fan_out
from server.gateway.gateway import Gateway
from server.hours.demo import seed_agreements
from server.hours.log_length import LogLength
from server.hours.presence import PresenceService
from server.hours.proposer import Proposer
from server.hours.reminding import Reminding
from server.hours.service import Hours, create_hours
from server.http.access_log import AccessLog, create_server_log
from server.http.address import Address
from server.http.application import create_application
from server.http.listening import listen, load_tls
from server.http.parts import Parts
from server.http.token_guard import TokenGuard
from server.http.web_client import WebClient
from server.ids import create_id
from server.media.service import MediaService
from server.metrics import LoopLagSampler, Metrics, Occupancy
from server.outbox.channel import Channel
from server.outbox.channels import create_channels
from server.outbox.letters import MAIL, letter
from server.outbox.service import OutboxService
from server.outbox.statements import Statements
from server.people.api_tokens import ApiTokens
from server.people.demo import DemoLink, seed
from server.people.links import base_url, origin_of
from server.people.service import OPERATOR, PeopleService
from server.privacy.erasure import create_eraser
from server.privacy.export import PersonalExports
from server.privacy.housekeeping import Housekeeper
from server.record.service import RecordService
from server.room.directory import RoomDirectory
from server.room.state import Graces
from server.store.action_items import ActionItemRepository
from server.store.attendance import AttendanceRepository
from server.store.chat import ChatRepository
from server.store.claim import Claim, claim
from server.store.database import Database
from server.store.documents import DocumentRepository
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_figures import HoursFiguresRepository
from server.store.hours_log import Announcer, HoursLogRepository
from server.store.location import Location, locate
from server.store.meetings import MeetingRepository
from server.store.outbox import OutboxRepository
from server.store.pairs import PairRepository
from server.store.people import PeopleRepository
from server.store.personal import PersonalRepository
from server.store.pictures import PictureRepository
from server.store.presence import PresenceRepository
from server.store.probe import WriteProbe
from server.store.reminders import ReminderRepository
from server.store.requirements import RequirementRepository
from server.store.retention import RetentionRepository
from server.store.rooms import RoomRepository
from server.store.tokens import TokenRepository

_IDLE_TIMEOUT_S = 75.0
"""For a connection to bring a whole request head, its first or a further one. Proxies keep idle ones for 60 s: if we
closed first, they would now and then send a request into a connection that is just going."""
_SHUTDOWN_TIMEOUT_S = 2.0
"""For plain HTTP requests that are being answered when we stop."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Front:
    """What shows at once whether the server can be reached, opened before anything that takes time."""

    sockets: Sequence[socket]
    tls: SSLContext | None
    address: Address
    web_client: WebClient


@dataclass(frozen=True, slots=True)
class _Core:
    """The parts behind the edge."""

    people: PeopleService
    api_tokens: ApiTokens
    rooms: RoomRepository
    media: MediaService
    directory: RoomDirectory
    presence: PresenceService
    documents: DocumentService
    records: RecordService
    hours: Hours
    log_length: LogLength
    pictures: PictureService
    exports: PersonalExports
    outbox: OutboxService
    probe: WriteProbe


class RoundupServer:
    """One node of Roundup: everything that `roundup serve` runs."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self._config = config
        self._clock = SystemClock() if clock is None else clock
        self._started = AsyncExitStack()
        self._url = ""
        self._demo_links: Sequence[DemoLink] = ()
        self._people: PeopleService | None = None
        self._claim: Claim | None = None
        self._is_serving = False

    @property
    def url(self) -> str:
        """How browsers reach the server: scheme, host and port. Known once it is started."""
        return self._url

    @property
    def location(self) -> Location:
        """Where the data is kept: a whole path, or a URL that shows no secret. Raises `StartupError`."""
        return locate(self._config.data_dir.resolve(), self._config.database_url)

    @property
    def demo_links(self) -> Sequence[DemoLink]:
        """Fresh sign-in links of the demo's people; none without `is_demo`."""
        return self._demo_links

    @property
    def people(self) -> PeopleService:
        """The people of the programme, once the server is started."""
        if self._people is None:
            raise RuntimeError("the server is not started")
        return self._people

    async def start(self) -> None:
        """Start every part; people can join when this returns. What was started is stopped again when it raises.

        Raises `StartupError`, with one sentence for whoever starts the server.
        """
        async with AsyncExitStack() as stack:
            front = _open_front(self._config, stack)
            self._url = front.address.base_url
            channels = create_channels(self._config, self._url, self._clock)
            core = await self._start_core(stack, channels)
            self._people = core.people
            await self._start_edge(stack, front, core)
            self._started = stack.pop_all()
        self._is_serving = True
        _log.info("started", url=self._url)

    async def lost_database(self) -> None:
        """Wait, for ever if need be, until another server has taken the database over; raises `StartupError` then."""
        if self._claim is None:
            raise RuntimeError("the server is not started")
        raise StartupError(await self._claim.lost())

    async def stop(self) -> None:
        """Take no more connections, tell every page to come back, end everything in reverse order. Idempotent."""
        if self._is_serving:
            self._is_serving = False
            _log.info("stopping")
        await self._started.aclose()

    async def _start_core(self, stack: AsyncExitStack, channels: Sequence[Channel]) -> _Core:
        config, clock, location = self._config, self._clock, self.location
        media = MediaService(config, clock)
        stack.push_async_callback(media.close)
        # The workers start while the database is opened.
        starting = asyncio.create_task(media.start())
        stack.push_async_callback(_settle, starting)
        self._claim = await stack.enter_async_context(claim(location))
        database = await Database.open(location, claim=self._claim)
        stack.push_async_callback(database.close)
        probe = WriteProbe(database, clock)
        stack.push_async_callback(probe.close)
        messages = OutboxRepository(database, [channel.name for channel in channels])
        outbox = OutboxService(messages, channels, clock, retention=timedelta(days=config.outbox_days))
        outbox.start()
        stack.push_async_callback(outbox.close)
        rooms = RoomRepository(database)
        people = PeopleRepository(database)
        if config.is_demo:
            self._demo_links = await seed(people, rooms, PairRepository(database), clock)
            await seed_agreements(RequirementRepository(database), clock, actor=OPERATOR)
        documents = DocumentService(DocumentRepository(database), ActionItemRepository(database), clock)
        documents.start()
        stack.push_async_callback(documents.close)
        # A new name for every start: what an earlier one has not finished is known to be over.
        node_id = create_id("node")
        meetings = MeetingRepository(database)
        # First what they have changed, then that they are over: whoever dies in between leaves it to the next start.
        await documents.record_unfinished(await meetings.unfinished(node_id))
        attendance = AttendanceRepository(database)
        # Whoever writes to the log tells what that credits, or takes back.
        announcer = Announcer(messages, Statements(self._url))
        log = HoursLogRepository(database, announcer)
        proposer = Proposer(log, HoursFactsRepository(database), attendance, clock)
        presence = PresenceService(
            PresenceRepository(database), attendance, clock, node_id, proposer.on_meeting_recorded
        )
        await presence.start()
        stack.push_async_callback(presence.close)
        housekeeper = Housekeeper(RetentionRepository(database), create_eraser(database, clock), clock)
        housekeeper.start()
        stack.push_async_callback(housekeeper.close)
        if MAIL in {channel.name for channel in channels}:
            reminding = Reminding(
                RequirementRepository(database),
                HoursFiguresRepository(database),
                ReminderRepository(database, messages),
                clock,
                letter=letter,
                url=f"{self._url}/hours",
            )
            reminding.start()
            stack.push_async_callback(reminding.close)
        log_length = LogLength(log)
        await log_length.start()
        stack.push_async_callback(log_length.close)
        hours = create_hours(database, people.programme_name, clock, announcer)
        hours.overviews.start()
        stack.push_async_callback(hours.overviews.close)
        chat = ChatService(ChatRepository(database), clock)
        pictures = PictureService(PictureRepository(database), DocumentRepository(database), clock)
        features = (presence.create_feature, chat.create_feature, documents.create_feature, media.create_feature)
        graces = Graces(room=config.room_grace_s, reconnect=config.reconnect_grace_s, reload=config.reload_grace_s)
        directory = RoomDirectory(rooms, features, clock, graces, fan_out)
        stack.push_async_callback(directory.close)
        await starting
        return _Core(
            people=PeopleService(people, clock),
            api_tokens=ApiTokens(TokenRepository(database), clock),
            rooms=rooms,
            media=media,
            directory=directory,
            presence=presence,
            documents=documents,
            records=RecordService(meetings, documents, clock),
            hours=hours,
            log_length=log_length,
            pictures=pictures,
            exports=PersonalExports(PersonalRepository(database), clock),
            outbox=outbox,
            probe=probe,
        )

    async def _start_edge(self, stack: AsyncExitStack, front: _Front, core: _Core) -> None:
        metrics = Metrics(
            lambda: _occupancy(core.directory, gateway),
            core.media.stats,
            outbox=lambda: core.outbox.figures,
            hours_log_rows=lambda: core.log_length.rows,
        )
        core.presence.observe_heartbeats(metrics.observe_heartbeat)
        loop_lag = LoopLagSampler(metrics.observe_loop_lag)
        loop_lag.start()
        stack.push_async_callback(loop_lag.close)
        gateway = Gateway(
            identify=core.people.person_of_session,
            directory=core.directory,
            media_settings=core.media.settings,
            is_own_origin=front.address.is_own_origin,
            cookie_name=front.address.cookie_name,
            clock=self._clock,
            observe_join=metrics.observe_join,
        )
        application = create_application(
            Parts(
                address=front.address,
                web_client=front.web_client,
                people=core.people,
                api_tokens=core.api_tokens,
                token_guard=TokenGuard(core.api_tokens.person_of, self._clock),
                rooms=core.rooms,
                find_door=core.directory.find,
                inside=core.directory.inside,
                media_settings=core.media.settings,
                connection_tests=core.media.connection_tests,
                pictures=core.pictures,
                export_notes=core.documents.export_notes,
                tasks=core.documents.tasks,
                records=core.records,
                hours=core.hours.service,
                hours_files=core.hours.files,
                export_person=core.exports.make_own,
                on_signed_out=gateway.on_signed_out,
                is_ready=self._readiness(core),
                render_metrics=metrics.render,
            )
        )
        gateway.attach(application)
        await _serve(stack, front, application, gateway)
        # Before requests are waited for: one may be for a picture that takes long.
        stack.push_async_callback(core.pictures.close)

    def _readiness(self, core: _Core) -> Callable[[], Awaitable[bool]]:
        async def is_ready() -> bool:
            return self._is_serving and core.media.is_ready and await core.probe.is_writable()

        return is_ready


def _open_front(config: Config, stack: AsyncExitStack) -> _Front:
    tls = load_tls(config.tls_cert, config.tls_key)
    web_client = WebClient.load(config.web_dir)
    origins = [origin_of(origin, "--allowed-origins") for origin in config.allowed_origins]
    sockets = listen(config.host, config.port)
    for opened in sockets:
        stack.callback(opened.close)
    url = base_url(config.public_url, port=sockets[0].getsockname()[1], is_tls=tls is not None)
    return _Front(sockets, tls, Address(url, origins), web_client)


async def _serve(stack: AsyncExitStack, front: _Front, application: web.Application, gateway: Gateway) -> None:
    runner = web.AppRunner(
        application,
        access_log_class=AccessLog,
        logger=create_server_log(),
        keepalive_timeout=_IDLE_TIMEOUT_S,
        shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
    )
    await runner.setup()
    # In reverse: take no more connections, tell the pages, then let go of what is left.
    stack.push_async_callback(runner.cleanup)
    stack.push_async_callback(gateway.close)
    gateway.start()
    for opened in front.sockets:
        site = web.SockSite(runner, opened, ssl_context=front.tls)
        await site.start()
        stack.push_async_callback(site.stop)


async def _settle(task: asyncio.Task[None]) -> None:
    """Leave no start under way behind."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _occupancy(directory: RoomDirectory, gateway: Gateway) -> Occupancy:
    meetings = directory.meetings
    return Occupancy(
        rooms=len(meetings),
        participants=sum(len(meeting.participants()) for meeting in meetings),
        connections=gateway.connection_count,
        tasks=len(asyncio.all_tasks()),
    )
