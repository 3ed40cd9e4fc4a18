"""A server of the benchmark's own: started on free ports with the environment that operators use, always ended."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil

from loadtest.bench.cores import pinned

ROOT = Path(__file__).parents[2]
_INHERITED = ("ROUNDUP_WEB_DIR",)
_COMMAND = (sys.executable, "-m", "server")
READY_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 8.0
_COMMAND_TIMEOUT_S = 30.0
_POLL_S = 0.01
_LOG_LINES = 15
_PORTS = range(16_384, 32_768)


class ServerError(Exception):
    """The server, or one of its commands, did not do what a benchmark needs."""


class CommandError(ServerError):
    """A command ended with another exit code than 0."""

    def __init__(self, text: str, output: str) -> None:
        super().__init__(text)
        self.output = output
        """What it has printed."""


class ServerProcess:
    """A running server, and the commands on its data."""

    def __init__(
        self, process: asyncio.subprocess.Process, url: str, media_port: int, data_dir: Path, database_url: str = ""
    ) -> None:
        self.pid = process.pid
        self.url = url
        self.media_address = ("127.0.0.1", media_port)
        """Where its media worker receives, over UDP."""
        self.ready_s = 0.0
        """From the start of the process to the first 200 of `/readyz`."""
        self._process = process
        self._data_dir = data_dir
        self._database_url = database_url

    def worker_pid(self) -> int:
        """Return the process id of its one media worker; raises `ServerError`."""
        workers = self.worker_pids()
        if len(workers) != 1:
            raise ServerError(f"expected one media worker, found {len(workers)}")
        return workers[0]

    def worker_pids(self) -> list[int]:
        """Return the process ids of all its media workers."""
        return [child.pid for child in psutil.Process(self.pid).children(recursive=True) if _is_worker(child)]

    def pids(self) -> list[int]:
        """Return the gateway's process id and those of all its children."""
        return [self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))]

    async def kill(self) -> None:
        """Let it end as when the power fails, at once. Its media workers end by themselves."""
        self._process.kill()
        await self._process.wait()

    async def import_people(self, emails: Iterable[str], role: str = "teacher") -> list[str]:
        """Add people and return a sign-in link for each, in order; raises `ServerError`."""
        table = self._write_table(
            ["email,name,role", *(f"{email},{email.partition('@')[0]},{role}" for email in emails)]
        )
        output = await self._run("people", "import", table, "--json")
        return [row["link"] for row in json.loads(output)]

    async def import_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add pairs of a mentor and a mentee, by their e-mail addresses; raises `ServerError`."""
        table = self._write_table(["mentor,mentee", *(",".join(pair) for pair in pairs)])
        await self._run("pairs", "import", table)

    async def create_token(self, email: str) -> str:
        """Make an API token for somebody, and return it; raises `ServerError`."""
        created = json.loads(await self._run("tokens", "create", email, "--name", "bench", "--json"))
        return str(created["secret"])

    async def add_room(self, slug: str) -> None:
        """Add a room; raises `ServerError`."""
        await self._run("rooms", "add", slug, "--name", slug, "--kind", "round_up")

    def _write_table(self, lines: list[str]) -> str:
        table = self._data_dir.with_suffix(".csv")
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(table)

    async def _run(self, *arguments: str) -> str:
        environment = server_environment(self._data_dir, self._database_url) | {"ROUNDUP_PUBLIC_URL": self.url}
        return await run_command(environment, *arguments)


async def run_command(environment: dict[str, str], *arguments: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
    """Run a command of the server's, and return what it prints; raises `ServerError`, `CommandError`."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    name = " ".join(arguments[:2])
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate()
    except TimeoutError as error:
        raise ServerError(f"{name} took more than {timeout_s:g} s") from error
    finally:
        await _stop(process)
    if process.returncode:
        raise CommandError(f"{name} ended with {process.returncode}: {errors.decode().strip()}", output.decode())
    return output.decode()


@asynccontextmanager
async def running_server(
    data_dir: Path,
    cores: Collection[int] | None = None,
    *,
    announce_ip: str = "",
    span_at: int | None = None,
    database_url: str = "",
    port: int = 0,
    stop_timeout_s: float = _STOP_TIMEOUT_S,
) -> AsyncIterator[ServerProcess]:
    """Run a server on `data_dir`, on the given cores or all, until the block ends; raises `ServerError`.

    With `port`, it is reached there: where the one before was. With `database_url`, its data is there. With very many
    connections it needs more than the usual time to stop: `stop_timeout_s`.

    Media is announced at this machine's own addresses, or at `announce_ip`. There is one media worker; with `span_at`
    there are two, each of which so many transports fill.
    """
    port = port or free_port()
    media_port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = server_environment(data_dir, database_url) | {
        "ROUNDUP_HOST": "127.0.0.1",
        "ROUNDUP_PORT": str(port),
        "ROUNDUP_MEDIA_PORT": str(media_port),
        "ROUNDUP_PUBLIC_URL": url,
        "ROUNDUP_MEDIA_WORKERS": "1",
        "ROUNDUP_LOG_LEVEL": "warning",
    }
    if span_at is not None:
        environment |= {"ROUNDUP_MEDIA_WORKERS": "2", "ROUNDUP_ROOM_SPAN_TRANSPORTS": str(span_at)}
    if announce_ip:
        environment["ROUNDUP_ANNOUNCE_IP"] = announce_ip
    log_path = data_dir.with_suffix(".log")
    with log_path.open("wb") as log, pinned(cores or os.sched_getaffinity(0)):
        started_at = time.monotonic()
        # A session of its own: Ctrl-C reaches this process only, which then ends the server in order.
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, "serve", cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        server = ServerProcess(process, url, media_port, data_dir, database_url)
        await _wait_ready(process, url)
        server.ready_s = time.monotonic() - started_at
        yield server
    except Exception as error:
        if said := _last_lines(log_path):
            error.add_note(f"The server's log ends with:\n{said}")
        raise
    finally:
        await _stop(process, stop_timeout_s)


def server_environment(data_dir: Path, database_url: str = "") -> dict[str, str]:
    """Return this process's environment with no setting of the server but its data and the built web client."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("ROUNDUP_") or name in _INHERITED
    }
    own = {"ROUNDUP_DATA_DIR": str(data_dir), "ROUNDUP_DATABASE_URL": database_url}
    return inherited | {name: value for name, value in own.items() if value}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses just now, for UDP or TCP or both.

    It is not one that a system gives to connections by itself: one that is opened meanwhile could have it.
    """
    while True:
        port = secrets.choice(_PORTS)
        with (
            suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams,
        ):
            datagrams.bind(("127.0.0.1", port))
            streams.bind(("127.0.0.1", port))
            return port


def _is_worker(process: psutil.Process) -> bool:
    return any("media.worker" in argument or "media/worker" in argument for argument in process.cmdline())


async def _wait_ready(process: asyncio.subprocess.Process, url: str) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                raise ServerError(f"the server ended with {process.returncode}")
            with suppress(aiohttp.ClientError):
                async with http.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(_POLL_S)
    raise ServerError(f"the server was not ready within {READY_TIMEOUT_S:g} s")


def _last_lines(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])


async def _stop(process: asyncio.subprocess.Process, timeout_s: float = _STOP_TIMEOUT_S) -> None:
    """Ask a process to end; when it does not, end it, and in any case whatever is left of its children."""
    if process.returncode is not None:
        return
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
    except (psutil.NoSuchProcess, ProcessLookupError):  # it has just ended by itself
        return
    try:
        async with asyncio.timeout(timeout_s):
            await process.wait()
    except TimeoutError as error:
        raise ServerError(f"process {process.pid} did not end within {timeout_s:g} s of SIGTERM") from error
    finally:
        if process.returncode is None:
            process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
