"""The whole server: parts wired, started in order, stopped in order, nothing left behind."""

import asyncio
import os
import signal
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from aiohttp import web
from socketio.exceptions import ConnectionError as RefusedError
from sqlalchemy import select

from protocol.document_requests import DocumentCreated
from protocol.documents import DocumentKind
from protocol.events import ParticipantJoined, ParticipantLeft
from protocol.hours import Side
from protocol.roles import ProgrammeRole, RoomKind
from server import app
from server.app import RoundupServer
from server.clock import SystemClock
from server.config import Config
from server.documents.pictures.decoder_process import DecoderProcess
from server.errors import StartupError
from server.hours.presence import PresenceService
from server.hours.proposer import Proposer
from server.media import worker_process
from server.media.service import MediaService
from server.media.worker_process import WorkerProcess
from server.outbox.letters import letter
from server.outbox.statements import XAPI, Statements
from server.store.attendance import AttendanceRepository
from server.store.database import Database
from server.store.documents import Change, DocumentKey
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import Announcer, EntryFilter, HoursLogRepository
from server.store.location import DatabaseUrl
from server.store.models import ConnectionRow
from server.store.outbox import NewMessage, OutboxRepository
from server.store.people import Entry, PeopleRepository
from server.store.requirements import RequirementRepository
from tests.support.certificate import make_certificate
from tests.support.command import roundup_process
from tests.support.document_store import MEETING, document_store
from tests.support.documents import PageDocument
from tests.support.gateway import run_sql
from tests.support.hours import Programme
from tests.support.page import Page
from tests.support.pictures import picture
from tests.support.record_store import STORE_KEY, STORE_SECRET, record_store
from tests.support.server import RunningServer, running_server
from tests.support.smtp import smtp_server
from tests.support.waiting import until
from tests.support.web_client import lay_out_web_client

TEACHER, MENTOR = "teacher@demo.example", "mentor@demo.example"
ROUND_UP = "morning-round-up"
PUBLIC_URL = "https://rooms.example.org"


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def config_for(folder: Path, **fields: Any) -> Config:
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "media_port": 0,
        "media_workers": 1,
        "data_dir": folder / "data",
        "web_dir": lay_out_web_client(folder / "dist"),
    }
    return Config(**(defaults | fields))


async def get(url: str, **options: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.get(url, **options) as response:
        return response.status, await response.text()


async def test_a_start_records_what_a_meeting_has_changed_that_ended_with_its_server(tmp_path: Path) -> None:
    async with document_store(tmp_path / "data") as store:
        key = await store.begin(first=Change(DocumentKey("document_1", 1), 1, 5, PageDocument().draw(one="1"), {}))
    async with running_server(tmp_path) as server:
        [kept] = run_sql(server.config.data_dir, "SELECT * FROM meeting_document")
        [meeting] = run_sql(server.config.data_dir, "SELECT * FROM meeting")
    assert (kept["meeting_id"], kept["document_id"], kept["seq"]) == (MEETING, key.document_id, 1)
    assert meeting["closed_at"] is not None


async def test_a_start_sends_what_an_earlier_one_has_left(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "data")
    entries = [Entry(TEACHER, "Ana Lima", ProgrammeRole.TEACHER)]
    [ana] = await PeopleRepository(database).enrol(entries, [], actor="test", at=1)
    left = [letter("k1", ana.person_id, "Your hours", "Hello.\n"), NewMessage("xapi", "k2", '{"id": "1", "verb": 1}')]
    async with database.session() as session:
        await OutboxRepository(database, ["mail", "xapi"]).put(session, left, at=SystemClock().now_ms())
    await database.close()
    async with (
        smtp_server() as mailbox,
        record_store() as store,
        running_server(
            tmp_path,
            smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
            mail_from="roundup@school.example",
            xapi_url=store.url,
            xapi_key=STORE_KEY,
            xapi_secret=STORE_SECRET,
        ) as server,
    ):
        await until(lambda: bool(mailbox.got and store.statements))
        async with asyncio.timeout(30):
            while 'attempts_total{channel="mail",outcome="sent"} 1.0' not in (figures := await metrics_of(server)):
                pass
    assert mailbox.got[0][1] == [TEACHER]
    assert 'roundup_outbox_waiting{channel="xapi"}' in figures
    rows = run_sql(server.config.data_dir, "SELECT sent_at FROM outbox_message")
    assert [row["sent_at"] is not None for row in rows] == [True, True]


async def test_who_has_something_to_say_gets_a_letter_and_their_yes_goes_to_the_record_store(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "data")
    programme = Programme(database)
    await programme.set_up()
    [entry] = await programme.append(programme.entered("entry"))
    # Where it is between seven in the morning and midnight now.
    zone = "UTC" if 7 <= datetime.now(UTC).hour < 22 else "Asia/Tokyo"
    await RequirementRepository(database).set_zone(zone, actor="test", at=1)
    await database.close()
    async with (
        smtp_server() as mailbox,
        record_store() as store,
        running_server(
            tmp_path,
            smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
            mail_from="roundup@school.example",
            xapi_url=store.url,
            xapi_key=STORE_KEY,
            xapi_secret=STORE_SECRET,
        ) as server,
    ):
        await until(lambda: len(mailbox.got) == 2)
        letters = {to: message.get_content() for _, [to], message, _ in mailbox.got}
        assert sorted(letters) == ["cora@school.example", "mia@school.example"]
        assert f"You find all of it here: {server.url}/hours" in letters["mia@school.example"]
        assert store.statements == {}
        seen = {"entries": [{"entry_id": "entry", "number": entry.number}]}
        headers = {"Cookie": await server.cookie_of("mia@school.example"), "Sec-Fetch-Site": "same-origin"}
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{server.url}/api/v1/hours/confirmations", json=seen, headers=headers) as response,
        ):
            assert response.status == 200
        await until(lambda: len(store.statements) == 1)


async def test_what_a_server_measures_anew_is_taken_back_at_the_record_store(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "data")
    programme = Programme(database)
    announcer = Announcer(OutboxRepository(database, [XAPI]), Statements(PUBLIC_URL))
    programme.log = HoursLogRepository(database, announcer)
    await programme.set_up()
    await programme.add_meeting("m", 0, 3_600_000, mia=[(0, 3_600_000)], ana=[(0, 3_600_000)])
    facts, attendance = HoursFactsRepository(database), AttendanceRepository(database)
    await Proposer(programme.log, facts, attendance, SystemClock()).on_meeting_recorded("m")
    [proposed], _ = await programme.log.page(EntryFilter(), None, 1)
    yes = programme.confirmed(proposed, at=SystemClock().now_ms())
    await programme.append(yes, replace(yes, side=Side.MENTEE, author_id=programme.person_id("ana")))
    await database.close()
    # More is known of the meeting than when they said yes.
    run_sql(tmp_path / "data", "UPDATE presence_event SET at = at - 600000 WHERE kind = 'left'")
    async with (
        record_store() as store,
        running_server(
            tmp_path, public_url=PUBLIC_URL, xapi_url=store.url, xapi_key=STORE_KEY, xapi_secret=STORE_SECRET
        ),
    ):
        await until(lambda: len(store.voided) == 1)
        assert store.voided < store.statements.keys()


async def metrics_of(server: RunningServer) -> str:
    return (await get(f"{server.url}/metrics"))[1]


async def test_a_program_reads_with_a_token_that_a_command_has_made(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        await server.add_person(TEACHER)
        data = server.config.data_dir
        made = await roundup_process("tokens", "create", TEACHER, "--name", "Report", "--data-dir", data)
        headers = {"Authorization": f"Bearer {made.out.strip()}"}
        status, body = await get(f"{server.url}/api/session", headers=headers)
        assert (status, TEACHER in body) == (200, True)
        assert (await roundup_process("people", "remove", TEACHER, "--data-dir", data)).code == 0
        assert (await get(f"{server.url}/api/session", headers=headers))[0] == 401


async def open_page(server: RunningServer, email: str) -> Page:
    page = Page(await server.sign_in(email))
    await page.connect(server.url)
    return page


async def test_two_people_meet_and_are_counted(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        assert await get(f"{server.url}/readyz") == (200, '{"ready":true}')
        teacher, mentor = await open_page(server, TEACHER), await open_page(server, MENTOR)
        await teacher.join(ROUND_UP)
        await mentor.join(ROUND_UP)
        await mentor.request("chat_send", text="<b>Good morning</b>")
        sent = await teacher.next_event("chat_sent")
        assert sent.message.text == "<b>Good morning</b>"

        headers = {"Cookie": await server.cookie_of(TEACHER)}
        status, preview = await get(f"{server.url}/api/rooms/{ROUND_UP}", headers=headers)
        assert status == 200
        assert "Maya Flores" in preview
        assert "router_rtp_capabilities" in preview
        status, session = await get(f"{server.url}/api/session", headers=headers)
        assert '"slug":"morning-round-up","name":"Morning Round-up","kind":"round_up"},"inside_count":2' in session

        _, figures = await get(f"{server.url}/metrics")
        assert "roundup_rooms_live 1.0" in figures
        assert "roundup_participants 2.0" in figures
        assert "roundup_connections 2.0" in figures
        assert "roundup_join_seconds_count 2.0" in figures
        assert "roundup_hours_log_rows 0.0" in figures
        assert "roundup_media_transports{" in figures
        await teacher.close()
        await mentor.close()


async def test_chat_and_people_are_there_again_after_a_restart(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        session = await server.sign_in(TEACHER)
        page = Page(session)
        await page.connect(server.url)
        await page.join(ROUND_UP)
        await page.request("chat_send", text="See you tomorrow")
        await page.close()
    async with running_server(tmp_path) as server:
        again = Page(session)
        await again.connect(server.url)
        joined = await again.join(ROUND_UP)
        assert joined.snapshot is not None
        assert [message.text for message in joined.snapshot.chat.messages] == ["See you tomorrow"]
        await again.close()


async def test_stopping_tells_pages_to_come_back(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        page = await open_page(server, TEACHER)
        await page.join(ROUND_UP)
        await server.server.stop()
        closing = await page.next_event("connection_closing")
        assert (closing.code, closing.should_reconnect) == ("server_stopping", True)
        async with asyncio.timeout(30):
            await page.is_closed.wait()
        with pytest.raises(aiohttp.ClientConnectionError):
            await get(f"{server.url}/healthz")
        await server.server.stop()


async def test_a_revoked_link_ends_at_the_next_connect(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        session = await server.sign_in(TEACHER)
        before = Page(session)
        await before.connect(server.url)
        await before.close()
        await server.server.people.revoke(TEACHER)
        after = Page(session)
        with pytest.raises(RefusedError):
            await after.connect(server.url)


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = children()
    async with running_server(tmp_path):
        assert len(children() - before) >= 1, "the media worker is a process of its own"
    assert children() <= before
    assert {task.get_name() for task in asyncio.all_tasks()} == {asyncio.current_task().get_name()}  # type: ignore[union-attr]


async def test_a_room_role_counts_in_the_room(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        page = await open_page(server, "coordinator@demo.example")
        joined = await page.join(ROUND_UP)
        assert joined.you.role == "host"
        await page.close()


async def test_stopping_waits_for_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, asked = children(), asyncio.Queue[None]()
    ask = DecoderProcess.ask

    async def tell_and_ask(*args: Any) -> Any:
        asked.put_nowait(None)
        return await ask(*args)

    monkeypatch.setattr(DecoderProcess, "ask", tell_and_ask)
    async with running_server(tmp_path, is_demo=True) as server:
        workers = set(server.worker_pids())
        page = await open_page(server, MENTOR)
        await page.join(ROUND_UP)
        board = (await page.ask(DocumentCreated, kind=DocumentKind.BOARD, title="Today")).document
        url = f"{server.url}/api/rooms/{ROUND_UP}/boards/{board.document_id}/pictures"
        headers = {"Cookie": await server.cookie_of(MENTOR), "Origin": server.url}
        async with aiohttp.ClientSession(headers=headers) as client:
            async with client.post(url, data=picture()) as response:
                assert response.status == 200
            [decoder] = children() - before - workers
            os.kill(decoder, signal.SIGSTOP)

            async def ask_in_vain() -> int:
                async with client.post(url, data=picture("JPEG")) as response:
                    return response.status

            await asked.get()
            asking = asyncio.create_task(ask_in_vain())
            await asked.get()
            stopping = asyncio.create_task(server.server.stop())
            async with asyncio.timeout(20):
                assert await asking == 503
                await stopping
        await page.close()
    assert children() <= before


async def assert_refuses_to_start(config: Config, *words: str) -> None:
    before = children()
    server = RoundupServer(config)
    with pytest.raises(StartupError) as caught:
        await server.start()
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    assert children() <= before, "what was started is stopped"
    await server.stop()


async def test_a_taken_port_is_said(tmp_path: Path) -> None:
    async with running_server(tmp_path / "first") as first:
        port = int(first.url.rsplit(":", 1)[1])
        await assert_refuses_to_start(config_for(tmp_path, port=port), f"Port {port}", "in use", "--port")


async def test_a_taken_media_port_is_said_and_frees_the_rest(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("0.0.0.0", 0))
    media_port = transport.get_extra_info("sockname")[1]
    config = config_for(tmp_path, media_port=media_port)
    await assert_refuses_to_start(config, str(media_port), "in use")
    transport.close()
    async with running_server(tmp_path, media_port=media_port):
        pass


async def test_a_data_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    await assert_refuses_to_start(config_for(tmp_path), str(tmp_path / "data"))


async def test_a_missing_web_client_is_said(tmp_path: Path) -> None:
    await assert_refuses_to_start(config_for(tmp_path, web_dir=tmp_path / "none"), "not built")


async def test_a_wrong_address_is_said(tmp_path: Path) -> None:
    await assert_refuses_to_start(config_for(tmp_path, host="192.0.2.1"), "192.0.2.1", "not an address")
    await assert_refuses_to_start(config_for(tmp_path, host="no such host"), "not known")
    await assert_refuses_to_start(config_for(tmp_path, public_url="example.org"), "--public-url")
    await assert_refuses_to_start(config_for(tmp_path, allowed_origins=("example.org",)), "--allowed-origins")


async def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    other_key = tmp_path / "other.pem"
    other_key.write_text("no key")
    good = config_for(tmp_path, tls_cert=cert, tls_key=key)
    await assert_refuses_to_start(replace(good, tls_key=None), "--tls-key")
    await assert_refuses_to_start(replace(good, tls_cert=tmp_path / "none.pem"), "none.pem", "cannot be read")
    await assert_refuses_to_start(replace(good, tls_key=other_key), "cannot be used together")


async def test_with_a_certificate_everything_is_https(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    async with running_server(tmp_path, tls_cert=cert, tls_key=key, is_demo=True) as server:
        assert server.url.startswith("https://localhost:")
        trusting = ssl.create_default_context(cafile=str(cert))
        async with (
            aiohttp.ClientSession() as client,
            client.get(await server.link(TEACHER, ROUND_UP), ssl=trusting, allow_redirects=False) as response,
        ):
            assert response.headers["Set-Cookie"].startswith("__Host-roundup_session=")
            assert "Secure" in response.headers["Set-Cookie"]
            assert "Strict-Transport-Security" in response.headers


@pytest.mark.parametrize("is_step_done", [False, True], ids=["begun", "done"])
@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (MediaService, "start"),
        (worker_process, "_spawn"),
        (WorkerProcess, "_wait_started"),
        (Database, "open"),
        (PresenceService, "start"),
        (web.AppRunner, "setup"),
    ],
)
async def test_a_start_that_is_given_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str, is_step_done: bool
) -> None:
    before = children()
    is_reached = asyncio.Event()
    original = getattr(owner, step)

    async def reached(*args: Any, **options: Any) -> Any:
        if not is_step_done:
            is_reached.set()
        result = await original(*args, **options)
        is_reached.set()
        return result

    monkeypatch.setattr(owner, step, reached)
    server = RoundupServer(config_for(tmp_path, media_workers=2))
    starting = asyncio.create_task(server.start())
    async with asyncio.timeout(30):
        await is_reached.wait()
        starting.cancel()
        await asyncio.wait([starting])
    assert starting.cancelled()
    await server.stop()
    assert children() <= before
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: ", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]
)
async def test_a_connection_that_asks_nothing_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(app, "_IDLE_TIMEOUT_S", 0.2)
    async with running_server(tmp_path, is_demo=True) as server:
        page = Page(await server.sign_in(TEACHER))
        await page.connect(server.url, transports=["websocket"])
        await page.join(ROUND_UP)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
        writer.write(sent)
        async with asyncio.timeout(30):
            heard = await reader.read()  # to the end
        assert heard.startswith(b"HTTP/1.1 200" if sent.endswith(b"\r\n\r\n") else b"")
        writer.close()
        await page.request("chat_send", text="still here")
        assert not page.is_closed.is_set()
        await page.close()


async def test_signing_out_ends_presence_at_once(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        teacher, mentor = await open_page(server, TEACHER), await open_page(server, MENTOR)
        await teacher.join(ROUND_UP)
        await mentor.join(ROUND_UP)
        headers = {"Cookie": f"{server.cookie_name}={mentor.session_token}", "Origin": server.url}
        # The link once more, in the same browser: nobody notices.
        async with aiohttp.ClientSession() as client:
            link = await server.link(MENTOR, ROUND_UP)
            async with client.get(link, headers=headers, allow_redirects=False) as response:
                assert response.cookies[server.cookie_name].value == mentor.session_token
            async with client.delete(f"{server.url}/api/session", headers=headers) as response:
                assert response.status == 204
        gone = await teacher.next_event("participant_left")
        assert gone.reason == "left"
        assert [type(event) for event in teacher.events] == [ParticipantJoined, ParticipantLeft]
        async with asyncio.timeout(30):
            await mentor.is_closed.wait()
        await teacher.close()


async def test_every_address_of_this_machine_is_listened_on(tmp_path: Path) -> None:
    async with running_server(tmp_path, host="") as server:
        port = server.url.rsplit(":", 1)[1]
        for host in ("127.0.0.1", "[::1]"):
            assert (await get(f"http://{host}:{port}/healthz"))[0] == 200


async def test_a_room_that_the_command_adds_can_be_entered_at_once(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        page = await open_page(server, TEACHER)
        added = await roundup_process(
            "rooms", "add", "lab", "--name", "Lab", "--kind", RoomKind.LESSON, ROUNDUP_DATA_DIR=server.config.data_dir
        )
        assert added.code == 0
        joined = await page.join("lab")
        assert joined.snapshot is not None
        assert joined.snapshot.room.name == "Lab"
        await page.close()


async def test_a_meeting_over_postgresql_survives_a_restart_with_chat_people_and_presence(
    tmp_path: Path, database_url: DatabaseUrl
) -> None:
    fields: dict[str, Any] = {"database_url": database_url.text, "is_demo": True}
    async with running_server(tmp_path, **fields) as server:
        assert await get(f"{server.url}/readyz") == (200, '{"ready":true}')
        session = await server.sign_in(TEACHER)
        teacher, mentor = Page(session), await open_page(server, MENTOR)
        await teacher.connect(server.url)
        await teacher.join(ROUND_UP)
        await mentor.join(ROUND_UP)
        for number in range(20):
            await mentor.request("chat_send", text=f"Message {number}")
        sent = [(await teacher.next_event("chat_sent", nth=n)).message for n in range(1, 21)]
        assert [message.text for message in sent] == [f"Message {number}" for number in range(20)]
        assert sorted(message.message_id for message in sent) == [message.message_id for message in sent]
        second = config_for(tmp_path, database_url=database_url.text)
        await assert_refuses_to_start(second, "Another server is running", database_url.name)
        added = await roundup_process("rooms", "add", "lab", "--name", "Lab", ROUNDUP_DATABASE_URL=database_url.text)
        assert added.code == 0
        coordinator = await open_page(server, "coordinator@demo.example")
        await coordinator.join("lab")
        await coordinator.close()
        await teacher.close()
        await mentor.close()
    assert not (tmp_path / "data").exists()
    async with running_server(tmp_path, **fields) as server:
        again = Page(session)
        await again.connect(server.url)
        joined = await again.join(ROUND_UP)
        assert joined.snapshot is not None
        assert [message.text for message in joined.snapshot.chat.messages] == [message.text for message in sent]
        await again.close()
    database = await Database.open(database_url)
    async with database.reading() as reader:
        left_at = (await reader.scalars(select(ConnectionRow.left_at))).all()
    assert len(left_at) == 4
    assert None not in left_at
    await database.close()
