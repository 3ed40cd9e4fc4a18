"""A disk in trouble and a page that means harm, over the gateway: people are told, and nobody else notices."""

import asyncio
import random
import shutil
import sqlite3
import string
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest

from protocol.document_requests import DocumentCreated, DocumentOpened
from protocol.documents import MAX_UPDATE_BYTES, DocumentHealth, DocumentInfo
from server.documents.desk import MAX_OPEN, Desk
from server.documents.feature import DocumentsFeature
from server.documents.passages import MAX_PASSAGES
from server.gateway.limits import QUEUED_BYTES, QUEUED_BYTES_FOR_NOTICES
from server.store.database import Database
from server.store.location import DatabaseUrl
from server.store.meetings import MeetingRepository, StoredMeeting
from server.store.sqlite.backend import FILE_NAME
from tests.support.documents import OpenDocument, PageDocument
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.postgresql import PostgresServer
from tests.support.raw import DeafSocket, pack, request_packet
from tests.support.waiting import until

ANA, BEN, EVE = (f"{name}@school.example" for name in ("ana", "ben", "eve"))
NOISE = "".join(random.Random(1).choices(string.ascii_letters, k=400_000))


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningGateway]:
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=50", "synchronous=FULL"))
    async with running_gateway(tmp_path / "data", room_grace_s=0) as gateway:
        yield gateway


@asynccontextmanager
async def locked(server: RunningGateway) -> AsyncIterator[None]:
    """Hold the database as another program does."""
    with closing(sqlite3.connect(server.data_dir / FILE_NAME, check_same_thread=False)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")  # the server may be writing
        yield


async def begin(page: Page, **fields: object) -> DocumentInfo:
    created = await page.ask(DocumentCreated, kind="board", title="Today", **fields)
    return created.document


async def open_board(page: Page, document: DocumentInfo) -> OpenDocument:
    board = OpenDocument(page, document.document_id)
    await board.open()
    return board


def health(page: Page) -> DocumentHealth:
    assert page.snapshot is not None
    return page.snapshot.documents.documents[-1].health


def health_told(page: Page) -> list[DocumentHealth]:
    return [event.document.health for event in page.events if event.__struct_config__.tag == "document_changed"]  # type: ignore[union-attr]


def desk_of(server: RunningGateway) -> Desk:
    [meeting] = server.directory.meetings
    [feature] = [one for one in meeting._features if isinstance(one, DocumentsFeature)]
    return feature._desk


class TestADiskInTrouble:
    async def test_everybody_is_told_and_it_recovers_by_itself(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        await of_ben.until(await of_ana.draw(a="1"))
        late = await server.enter(EVE)
        async with locked(server):
            update = of_ana.copy.draw(b="2")
            for _ in range(2):
                with pytest.raises(RequestError, match="unavailable"):
                    await of_ana.send(update)
            for page in (ana, ben):
                await until(lambda page=page: health(page) is DocumentHealth.UNSAVED)  # type: ignore[misc]
            assert (await open_board(late, document)).copy.shown() == {"a": "1"}
        await of_ben.until(await of_ana.send(update))
        for page in (ana, ben):
            await until(lambda page=page: health(page) is DocumentHealth.GOOD)  # type: ignore[misc]
            assert health_told(page) == [DocumentHealth.UNSAVED, DocumentHealth.GOOD]
        assert of_ben.copy.shown() == {"a": "1", "b": "2"}

    async def test_a_full_disk_takes_nothing_and_loses_nothing(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        document = await begin(ana)
        board = await open_board(ana, document)
        await board.draw(a="1")
        async with server.database.session() as session:
            connection = await session.connection()
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        update = board.copy.draw(picture=NOISE)
        with pytest.raises(RequestError, match="unavailable"):
            await board.send(update)
        await until(lambda: health(ana) is DocumentHealth.UNSAVED)
        fresh = await open_board(await server.enter(BEN), document)
        assert fresh.copy.shown() == {"a": "1"}
        async with server.database.session() as session:
            await (await session.connection()).exec_driver_sql("PRAGMA max_page_count = 1000000")
        await fresh.until(await board.send(update))
        assert fresh.copy.shown() == {"a": "1", "picture": NOISE}
        await until(lambda: health(ana) is DocumentHealth.GOOD)

    async def test_what_nobody_has_open_any_more_is_not_said_to_be_unsaved(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        board = await open_board(ana, document)
        async with locked(server):
            with pytest.raises(RequestError, match="unavailable"):
                await board.draw(a="1")
            await until(lambda: health(ben) is DocumentHealth.UNSAVED)
            await ana.request("document_close", document_id=document.document_id)
            await until(lambda: health(ben) is DocumentHealth.GOOD)

    async def test_who_comes_after_the_trouble_is_not_told_of_it(self, server: RunningGateway) -> None:
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        board = await open_board(ana, document)
        async with locked(server):
            with pytest.raises(RequestError, match="unavailable"):
                await board.draw(a="1")
        await until(lambda: health(ben) is DocumentHealth.UNSAVED)
        await ana.request("document_close", document_id=document.document_id)
        await until(lambda: not desk_of(server)._documents._places)
        await open_board(ben, document)
        await until(lambda: health(ben) is DocumentHealth.GOOD)
        assert health_told(ben) == [DocumentHealth.UNSAVED, DocumentHealth.GOOD]

    async def test_a_record_that_was_not_taken_is_made_before_anybody_is_in_the_next_meeting(
        self, server: RunningGateway
    ) -> None:
        ana = await server.enter(ANA)
        document = await begin(ana)
        board = await open_board(ana, document)
        await board.draw(a="1")
        await server.sql("CREATE TRIGGER no BEFORE INSERT ON meeting_document BEGIN SELECT RAISE(FAIL, 'no'); END")
        await ana.request("room_leave")
        await until(lambda: not server.directory.meetings and not server.directory._closings)
        await server.sql("DROP TRIGGER no")
        await server.enter(BEN)
        [record] = await server.sql("SELECT document_id, seq FROM meeting_document")
        assert record == {"document_id": document.document_id, "seq": 1}

    async def test_nothing_is_acknowledged_when_the_file_is_gone(self, server: RunningGateway) -> None:
        ana = await server.enter(ANA)
        board = await open_board(ana, await begin(ana))
        await board.draw(a="1")
        aside = server.data_dir.with_name("aside")
        shutil.move(server.data_dir, aside)
        update = board.copy.draw(b="2")
        with pytest.raises(RequestError, match="unavailable"):
            await board.send(update)
        await until(lambda: health(ana) is DocumentHealth.UNSAVED)
        shutil.move(aside, server.data_dir)
        assert await board.send(update) == 2
        await until(lambda: health(ana) is DocumentHealth.GOOD)


@pytest.mark.parametrize(
    "end",
    [PostgresServer.kill, lambda server: server.stop("immediate"), PostgresServer.stop],
    ids=["killed", "crashed", "stopped"],
)
class TestADatabaseThatGoesAway:
    async def test_what_was_acknowledged_stays_and_what_was_not_comes_later(
        self, mortal: PostgresServer, mortal_url: DatabaseUrl, end: Callable[[PostgresServer], None]
    ) -> None:
        async with running_gateway(mortal_url, room_grace_s=0) as server:
            ana, ben = await server.enter(ANA), await server.enter(BEN)
            document = await begin(ana)
            drawing = [Drawing(await open_board(page, document)) for page in (ana, ben)]
            for _ in range(2):
                pens = [asyncio.create_task(one.until_refused()) for one in drawing]
                await until(lambda: all(one.acknowledged for one in drawing))
                await asyncio.to_thread(end, mortal)
                await asyncio.gather(*pens)
                for page in (ana, ben):
                    await until(lambda page=page: health(page) is DocumentHealth.UNSAVED)  # type: ignore[misc]
                await asyncio.to_thread(mortal.start)
                for one in drawing:
                    await one.send_again()
                for page in (ana, ben):
                    await until(lambda page=page: health(page) is DocumentHealth.GOOD)  # type: ignore[misc]
            fresh = await open_board(await server.enter(EVE), document)
            assert fresh.copy.shown() == drawing[0].acknowledged | drawing[1].acknowledged
            for one in drawing:
                await one.board.until(fresh.seq)
                assert one.board.copy.shown() == fresh.copy.shown()
            meeting_id = ana.snapshot.meeting.meeting_id if ana.snapshot is not None else ""
        database = await Database.open(mortal_url)
        [kept] = await MeetingRepository(database).documents([await found(database, meeting_id)])
        assert (kept.document_id, kept.seq) == (document.document_id, fresh.seq), "it is in the meeting's record"
        await database.close()


async def found(database: Database, meeting_id: str) -> StoredMeeting:
    meeting = await MeetingRepository(database).find(meeting_id)
    assert meeting is not None
    return meeting


class Drawing:
    """Somebody who draws one thing after the other, and knows what was acknowledged."""

    def __init__(self, board: OpenDocument) -> None:
        self.board = board
        self.acknowledged: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._update = b""
        self._name = f"of {board.copy.doc.client_id}"
        self._drawn = 0

    async def until_refused(self) -> None:
        async with asyncio.timeout(30):
            while not self._refused:
                self._drawn += 1
                element = {f"{self._name} {self._drawn}": "1"}
                self._update = self.board.copy.draw(**element)
                try:
                    await self.board.send(self._update)
                    self.acknowledged |= element
                except RequestError as error:
                    if error.code != "unavailable":
                        raise
                    self._refused = element

    async def send_again(self) -> None:
        await self.board.send(self._update)
        self.acknowledged |= self._refused
        self._refused = {}


class TestAHostilePage:
    @pytest.fixture
    async def boards(self, server: RunningGateway) -> AsyncIterator[tuple[OpenDocument, OpenDocument]]:
        """Two people who draw, and must notice nothing."""
        ana, ben = await server.enter(ANA), await server.enter(BEN)
        document = await begin(ana)
        of_ana, of_ben = await open_board(ana, document), await open_board(ben, document)
        yield of_ana, of_ben
        await of_ben.until(await of_ana.draw(still="here"))
        assert of_ben.copy.shown()["still"] == "here"
        assert not ana.is_closed.is_set()
        assert not ben.is_closed.is_set()

    async def test_it_has_only_so_many_documents_open(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        eve = await server.enter(EVE)
        opened = [boards[0].document_id]
        for _ in range(MAX_OPEN):
            document = await begin(eve, after=opened[-1])
            opened.append(document.document_id)
        answers = await asyncio.gather(
            *(eve.ask(DocumentOpened, document_id=document_id) for document_id in opened), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, RequestError)]
        assert [error.code for error in refused] == ["too_many"]
        assert len(answers) - len(refused) == MAX_OPEN
        await eve.ask(DocumentOpened, document_id=opened[0])
        await eve.request("document_close", document_id=opened[0])
        await eve.ask(DocumentOpened, document_id=opened[-1])

    async def test_what_it_does_not_read_is_bounded(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        await boards[0].draw(picture=NOISE)
        eve = await server.enter(EVE)
        asked = 40
        first, *_, last = await asyncio.gather(
            *(eve.ask(DocumentOpened, document_id=boards[0].document_id) for _ in range(asked))
        )
        assert first.update.size > len(first.update.data)
        assert all(len(reading._passages) <= MAX_PASSAGES for reading in desk_of(server)._reading.values())
        with pytest.raises(RequestError, match="not_found"):
            await eve.request("document_more", passage_id=first.update.passage_id, offset=len(first.update.data))
        await eve.request("document_more", passage_id=last.update.passage_id, offset=len(last.update.data))

    async def test_parts_that_lead_nowhere_are_not_kept(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        eve = await server.enter(EVE)
        fields = {"epoch": 1, "update": bytes(40_000), "is_part": True}

        uploads = desk_of(server)._uploads
        for number in range(20):
            with pytest.raises(RequestError, match="not_found"):
                await eve.request("document_update", document_id=f"document_{number}", **fields)
        with pytest.raises(RequestError, match="out_of_sync"):
            await eve.request("document_update", document_id=boards[0].document_id, **fields)
        assert uploads.size == 0
        board = OpenDocument(eve, boards[0].document_id)
        await board.open()
        await eve.request("document_update", document_id=board.document_id, **fields)
        assert uploads.size == 40_000
        assert await board.draw(mine="1") > 0
        await eve.request("document_close", document_id=board.document_id)
        assert uploads.size == 0
        await board.open()
        await eve.request("document_update", document_id=board.document_id, **fields)
        await eve.break_line()
        await until(lambda: uploads.size == 0)

    async def test_a_flood_is_refused(self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]) -> None:
        eve = await server.enter(EVE)
        board = await open_board(eve, await begin(eve, after=boards[0].document_id))
        update = PageDocument().draw(a="1")
        fields = {"document_id": board.document_id, "epoch": board.epoch, "update": update}
        answers = await asyncio.gather(
            *(eve.request("document_update", **fields) for _ in range(500)), return_exceptions=True
        )
        codes = {answer.code for answer in answers if isinstance(answer, RequestError)}
        assert codes == {"too_many"}

    async def test_a_last_part_that_could_not_be_kept_just_now_is_sent_again(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        of_ana, of_ben = boards
        update = of_ana.copy.draw(picture=NOISE)
        async with locked(server):
            with pytest.raises(RequestError, match="unavailable"):
                await of_ana.send(update)
        last = len(update) // MAX_UPDATE_BYTES * MAX_UPDATE_BYTES
        await of_ben.until(await of_ana.send_part(update, last))
        assert of_ben.copy.shown()["picture"] == NOISE

    async def test_who_was_too_slow_for_the_last_change_is_told_so(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        of_ana, of_ben = boards
        slow = await DeafSocket.open(server.url, await server.sign_in(EVE))
        slow.send(pack(type=0))
        join = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "slow"}
        slow.send(request_packet("room_join", join, ack_id=0))
        await until(lambda: len(server.directory.meetings[0]._listening) == 3)
        socket = server.gateway._server.sockets[-1]
        slow.send(request_packet("document_open", {"document_id": of_ana.document_id}, ack_id=1))
        await until(lambda: any(len(readers._connections) == 3 for readers in desk_of(server)._readers.values()))
        drawn = 0
        while socket.queued_bytes <= QUEUED_BYTES_FOR_NOTICES:
            drawn += 1
            await of_ben.until(await of_ana.draw(picture=NOISE[drawn : drawn + 40_000]))
        waiting = socket.queued_bytes
        seq = await of_ana.draw(last="overlooked")
        await of_ben.until(seq)
        assert socket.queued_bytes == waiting, "what comes now is not told"
        # Nobody draws any more.
        told = await slow.read_until(b"notices_dropped")
        assert b"overlooked" not in told
        slow.send(request_packet("document_open", {"document_id": of_ana.document_id}, ack_id=2))
        assert msgspec.msgpack.encode(seq) in (await slow.read_until(b"presences")).partition(b"seq")[2][:9]
        slow.close()

    async def test_for_one_that_never_listens_little_is_kept(
        self, server: RunningGateway, boards: tuple[OpenDocument, OpenDocument]
    ) -> None:
        of_ana, of_ben = boards
        deaf = await DeafSocket.open(server.url, await server.sign_in(EVE))
        deaf.send(pack(type=0))
        join = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "deaf"}
        deaf.send(request_packet("room_join", join, ack_id=0))
        await until(lambda: len(server.gateway._server.sockets) == 3)
        deaf.send(request_packet("document_open", {"document_id": of_ana.document_id}, ack_id=1))
        size = 40_000
        for number in range(2 * QUEUED_BYTES // size):
            await of_ben.until(await of_ana.draw(picture=NOISE[number : number + size]))
            assert all(socket.queued_bytes <= QUEUED_BYTES for socket in server.gateway._server.sockets)
        assert of_ben.copy.shown() == of_ana.copy.shown()
        deaf.close()
