"""`roundup serve` as a process: ready, stopped, killed, and refusing to start in one sentence."""

import asyncio
import dataclasses
import json
import os
import re
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest
import typer

from server.cli import main
from server.config import Config
from server.store.location import DatabaseUrl
from server.store.postgresql.connection import CLAIM
from tests.support.command import roundup, roundup_process, start_roundup
from tests.support.page import Page
from tests.support.postgresql import PASSWORD
from tests.support.web_client import lay_out_web_client

TIMEOUT_S = 30
LINK = re.compile(r"http://\S+/s/[\w-]{43}")


@dataclass
class Served:
    """A server that said where it is."""

    process: asyncio.subprocess.Process
    url: str
    out: list[str] = field(default_factory=list)

    @property
    def links(self) -> list[str]:
        """The sign-in links that it printed."""
        return LINK.findall("".join(self.out))

    async def end(self, number: signal.Signals) -> str:
        """Send a signal, wait for the end, and return what the server logged."""
        self.process.send_signal(number)
        async with asyncio.timeout(TIMEOUT_S):
            _, err = await self.process.communicate()
        return err.decode()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str | Path]:
    return {
        "ROUNDUP_HOST": "127.0.0.1",
        "ROUNDUP_PORT": "0",
        "ROUNDUP_MEDIA_PORT": "0",
        "ROUNDUP_MEDIA_WORKERS": "1",
        "ROUNDUP_DATA_DIR": tmp_path / "data",
        "ROUNDUP_WEB_DIR": lay_out_web_client(tmp_path / "dist"),
    }


@asynccontextmanager
async def serving(environment: dict[str, str | Path], *args: str) -> AsyncIterator[Served]:
    process = await start_roundup("serve", *args, **environment)
    assert process.stdout is not None
    out: list[str] = []
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not (ready := re.search(r"^Roundup is ready: (\S+)$", "".join(out), re.MULTILINE)):
                line = await process.stdout.readline()
                assert line, (await process.communicate())[1].decode()
                out.append(line.decode())
        served = Served(process, ready[1], out)
        if "--demo" in args:
            async with asyncio.timeout(TIMEOUT_S):
                while len(served.links) < 7:
                    out.append((await process.stdout.readline()).decode())
        yield served
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def sign_in(link: str) -> str:
    async with aiohttp.ClientSession() as client, client.get(link, allow_redirects=False) as response:
        assert response.status == 303
        assert response.headers["Location"] == "/r/morning-round-up"
        return response.cookies["roundup_session"].value


async def test_it_says_when_it_is_ready_and_who_one_can_be(environment: dict[str, str | Path]) -> None:
    async with serving(environment, "--demo") as served:
        async with aiohttp.ClientSession() as client, client.get(f"{served.url}/readyz") as response:
            assert response.status == 200
        assert len(served.links) == 7
        assert "\nGrace Okafor <coordinator@demo.example>, coordinator\n  http" in "".join(served.out)
        sessions = [await sign_in(link) for link in served.links]
        assert len(set(sessions)) == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_in_order(environment: dict[str, str | Path], number: signal.Signals) -> None:
    async with serving(environment, "--demo") as served:
        page = Page(await sign_in(served.links[0]))
        await page.connect(served.url)
        await page.join("morning-round-up")
        workers = psutil.Process(served.process.pid).children(recursive=True)
        assert workers
        log = await served.end(number)
        assert served.process.returncode == 0
        closing = await page.next_event("connection_closing")
        assert closing.should_reconnect
        assert "Traceback" not in log
        assert "stopping" in log
        _, alive = psutil.wait_procs(workers, timeout=TIMEOUT_S)
        assert alive == []


async def test_a_second_signal_forces_the_end(environment: dict[str, str | Path]) -> None:
    async with serving(environment) as served:
        workers = psutil.Process(served.process.pid).children(recursive=True)
        # The server waits for its workers; these do not end, so that only the second signal ends the server.
        for worker in workers:
            worker.suspend()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.stderr is not None
        async with asyncio.timeout(TIMEOUT_S):
            while b"stopping" not in await served.process.stderr.readline():
                pass
        served.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(TIMEOUT_S):
            await until_ended(served.process.pid)
        assert await served.process.wait() == 128 + signal.SIGTERM
        _, alive = psutil.wait_procs(workers, timeout=TIMEOUT_S)
        for worker in alive:
            worker.kill()
        assert alive == [], "the workers end with the server, stopped or not"


async def until_ended(pid: int) -> None:
    """Wait for the end of a process alone, whoever still holds its pipes."""
    ended = asyncio.Event()
    descriptor = os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_killed_and_started_again_it_has_everything(environment: dict[str, str | Path]) -> None:
    async with serving(environment, "--demo") as served:
        session = await sign_in(served.links[0])
        page = Page(session)
        await page.connect(served.url)
        await page.join("morning-round-up")
        await page.request("chat_send", text="acknowledged is kept")
        workers = psutil.Process(served.process.pid).children(recursive=True)
        first_links = served.links
        await served.end(signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=TIMEOUT_S)
        assert alive == []
    async with serving(environment, "--demo") as served:
        again = Page(session)
        await again.connect(served.url)
        joined = await again.join("morning-round-up")
        assert joined.snapshot is not None
        assert [message.text for message in joined.snapshot.chat.messages] == ["acknowledged is kept"]
        assert [p.is_connected for p in joined.snapshot.participants] == [True]
        await again.close()
        assert first_links != served.links
        old = first_links[1].rsplit("/", 1)[1]
        await sign_in(f"{served.url}/s/{old}")


async def test_its_log_is_json_without_secrets_or_names(environment: dict[str, str | Path]) -> None:
    async with serving(environment, "--demo", "--log-json") as served:
        tokens = [link.rsplit("/", 1)[1] for link in served.links]
        session = await sign_in(served.links[0])
        async with aiohttp.ClientSession() as client:
            for path in (f"/nothing/{tokens[1]}", f"/api/rooms/{tokens[1]}", f"/s/{tokens[1]}?x=1", "/healthz"):
                async with client.get(served.url + path) as response:
                    await response.read()
        page = Page(session)
        await page.connect(served.url)
        await page.join("morning-round-up")
        await page.request("chat_send", text="something private")
        await page.close()
        log = await served.end(signal.SIGTERM)
    events = [json.loads(line) for line in log.splitlines()]
    assert {"started", "request", "meeting_opened", "stopping"} <= {event["event"] for event in events}
    assert {event["level"] for event in events} == {"info"}, events
    for secret in (*tokens, session, "Grace Okafor", "demo.example", "something private"):
        assert secret not in log


async def test_it_may_have_more_connections_than_a_shell_allows(environment: dict[str, str | Path]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        async with serving(environment) as served:
            allowed, _ = psutil.Process(served.process.pid).rlimit(psutil.RLIMIT_NOFILE)
            assert allowed == min(65_536, hard) > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def taken(kind: socket.SocketKind) -> Iterator[int]:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        yield holder.getsockname()[1]


async def assert_refuses(
    environment: dict[str, str | Path], *words: str, args: tuple[str, ...] = (), without: str = "\0"
) -> None:
    outcome = await roundup_process("serve", *args, **environment)
    assert outcome.code == 2, outcome
    assert re.fullmatch(r"roundup: [^\n]+\.\n", outcome.err), outcome.err
    assert outcome.out == ""
    assert without not in outcome.err
    for word in words:
        assert word in outcome.err


async def test_a_taken_port_is_one_sentence_and_exit_code_2(environment: dict[str, str | Path]) -> None:
    with taken(socket.SOCK_STREAM) as port:
        await assert_refuses(environment | {"ROUNDUP_PORT": str(port)}, f"Port {port}", "in use", " --port")
    with taken(socket.SOCK_DGRAM) as port:
        media = environment | {"ROUNDUP_MEDIA_PORT": str(port)}
        await assert_refuses(media, f"UDP port {port}", "in use", " --media-port")
    with taken(socket.SOCK_STREAM) as port:
        media = environment | {"ROUNDUP_MEDIA_PORT": str(port)}
        await assert_refuses(media, f"TCP port {port}", "in use", " --media-port")


async def test_what_is_missing_or_wrong_is_one_sentence_and_exit_code_2(
    environment: dict[str, str | Path], tmp_path: Path
) -> None:
    await assert_refuses(environment | {"ROUNDUP_DATA_DIR": "/dev/null/data"}, "/dev/null/data", "cannot be used")
    await assert_refuses(environment | {"ROUNDUP_WEB_DIR": tmp_path}, "not built")
    await assert_refuses(environment | {"ROUNDUP_TLS_CERT": "none", "ROUNDUP_TLS_KEY": "none"}, "cannot be read")
    await assert_refuses(environment | {"ROUNDUP_ANNOUNCE_IP": "10.0.0.1, example.org"}, "--announce-ip")
    turn = environment | {"ROUNDUP_TURN_URLS": "turn:turn.example.org"}
    await assert_refuses(turn, "--turn-secret-file")
    await assert_refuses(turn | {"ROUNDUP_TURN_SECRET_FILE": tmp_path / "none"}, "cannot be read")
    await assert_refuses(environment | {"ROUNDUP_TURN_URLS": "turn.example.org"}, "--turn-urls")
    await assert_refuses(environment, "--log-level", args=("--log-level", "loud"))


async def test_where_nothing_can_be_sent_to_is_one_sentence_without_a_secret(
    environment: dict[str, str | Path],
) -> None:
    mail = environment | {"ROUNDUP_SMTP_URL": "smtp://user:sesame@mail.example.org:587"}
    await assert_refuses(mail, "--mail-from")
    await assert_refuses(mail | {"ROUNDUP_MAIL_FROM": "nobody"}, "--mail-from", "'nobody'")
    wrong = environment | {"ROUNDUP_SMTP_URL": "user:sesame@mail.example.org", "ROUNDUP_MAIL_FROM": "a@b.example"}
    await assert_refuses(wrong, "--smtp-url", without="sesame")
    store = environment | {"ROUNDUP_XAPI_URL": "https://lrs.example.org/xapi"}
    await assert_refuses(store, "--xapi-key")
    key = {"ROUNDUP_XAPI_KEY": "key", "ROUNDUP_XAPI_SECRET": "sesame"}
    await assert_refuses(store | key | {"ROUNDUP_XAPI_URL": "http://lrs.example.org"}, "https:", without="sesame")


@pytest.mark.parametrize("option", ["room-grace-s", "reconnect-grace-s", "reload-grace-s"])
def test_a_grace_that_never_ends_is_refused(option: str) -> None:
    variable = f"ROUNDUP_{option.upper().replace('-', '_')}"
    for wrong in ("inf", "nan", "-1", "86401"):
        by_option = roundup("serve", f"--{option}", wrong)
        assert (by_option.code, by_option.err) == (
            2,
            f"roundup: --{option} cannot be '{wrong}': it is a number from 0 to 86400.\n",
        )
        by_variable = roundup("serve", **{variable: wrong})
        assert (by_variable.code, by_variable.err) == (
            2,
            f"roundup: {variable} cannot be '{wrong}': it is a number from 0 to 86400.\n",
        )


def test_every_setting_is_an_option_and_an_environment_variable() -> None:
    serve = typer.main.get_command(main).commands["serve"]  # type: ignore[attr-defined]
    variables = {param.envvar for param in serve.params}
    singular = {"announce_ips": "ANNOUNCE_IP", "is_demo": "DEMO"}
    fields = {f"ROUNDUP_{singular.get(one.name, one.name.upper())}" for one in dataclasses.fields(Config)}
    assert variables - {None} == fields


async def test_a_server_whose_database_another_one_has_taken_ends_with_a_sentence(
    environment: dict[str, str | Path], database_url: DatabaseUrl
) -> None:
    rival = await asyncpg.connect(database_url.text)
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1 LIMIT 1"
    async with (
        asyncio.timeout(TIMEOUT_S),
        serving(environment | {"ROUNDUP_DATABASE_URL": database_url.text}) as served,
    ):
        taking = asyncio.create_task(rival.execute("SELECT pg_advisory_lock($1)", CLAIM))
        other = await asyncpg.connect(database_url.text)
        while not await other.fetchval(waits):
            pass
        await other.execute("SELECT pg_terminate_backend($1, 5000)", await other.fetchval(holder, CLAIM & 0xFFFFFFFF))
        await taking
        out, err = await served.process.communicate()
        assert served.process.returncode == 2
        assert f"Data is kept in {database_url.name}." in out.decode()
        sentence = f"roundup: Another server is running on the database {database_url.name}; stop it, or choose another"
        assert sentence in err.decode()
        assert PASSWORD not in (out + err).decode()
        await other.close()
    await rival.close()
