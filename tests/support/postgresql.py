"""A real PostgreSQL on the loopback address, with its files in a folder of its own: it may be killed and started again.

It runs as a daemon, like an installed one: what it starts and ends is no child of the tests.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from server.store.location import DatabaseUrl, Location, locate

HOST = "127.0.0.1"
USER = "roundup"
PASSWORD = "open:sesame/5%@#?"
"""Everything that is special in a URL."""
_PROGRAMS = Path("/usr/lib/postgresql")
_TIMEOUT_S = 60


class PostgresServer:
    """A server with one user of ours, and databases that it owns."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._numbers = count()
        # PostgreSQL refuses to be root's.
        self._owner = _unprivileged() if os.geteuid() == 0 else None
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])

    def create(self) -> None:
        """Make the server's files, and start it."""
        if self._owner is not None:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        trust = ("--auth-local=trust", "--auth-host=scram-sha-256")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8", "--no-sync", *trust)
        with (self._data / "postgresql.conf").open("a") as file:
            # Disks are slow where tests run: what it writes by itself may wait, what it acknowledges may not.
            file.write(f"listen_addresses = '{HOST}'\nunix_socket_directories = '{self._folder}'\n")
            file.write(f"port = {self.port}\nfsync = on\nmax_connections = 60\nshared_buffers = 16MB\n")
        self.start()
        self.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        """Start the server, after a crash, too; it takes connections when this returns."""
        self._run("pg_ctl", "start", "-D", self._data, "-l", self._folder / "log", "-w", "-s")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs: fast in order, immediate as in a crash."""
        if self.processes():
            self._run("pg_ctl", "stop", "-D", self._data, "-m", mode, "-w", "-s")

    def kill(self) -> None:
        """Kill every process of the server, as when the power fails."""
        killed = self.processes()
        for process in killed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(killed, timeout=_TIMEOUT_S)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let no process of the server do anything; what is sent to it is taken by the kernel, and nobody answers."""
        processes = self.processes()
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, the first one first."""
        try:
            first = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
            return [first, *first.children(recursive=True)]
        except (OSError, psutil.NoSuchProcess):
            return []

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as who may do everything; return what it prints, a row a line."""
        where = ("-h", self._folder, "-p", self.port, "-U", "postgres", "-d", database)
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, "-c", statement)

    def dump(self, database: str) -> str:
        """Return all that is in a database."""
        return self._run("pg_dump", "-h", self._folder, "-p", self.port, "-U", "postgres", database)

    def create_database(self, template: str = "template0") -> str:
        """Make a database of our user's, a copy of `template`, and return its name."""
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """Return the URL of a database, as an operator writes it."""
        return f"postgresql://{user}:{quote(password, safe='')}@{HOST}:{self.port}/{database}"

    def location(self, database: str) -> DatabaseUrl:
        """Return where a database is."""
        found: Location = locate(Path(), self.url(database))
        assert isinstance(found, DatabaseUrl)
        return found

    def _run(self, program: str, *args: str | Path | int) -> str:
        # Into files: a daemon would keep a pipe open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                [str(self._programs / program), *map(str, args)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=_TIMEOUT_S,
                check=False,
                user=None if self._owner is None else self._owner.pw_uid,
                group=None if self._owner is None else self._owner.pw_gid,
                extra_groups=None if self._owner is None else [],
            )
            for file in (out, err):
                file.seek(0)
            assert done.returncode == 0, f"{program}: {err.read()}"
            return out.read().strip()


@contextmanager
def running_postgresql() -> Iterator[PostgresServer]:
    """Run a PostgreSQL of one's own, which is gone afterwards; skips where none is installed."""
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    # Not in pytest's folders: root's are closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="roundup-postgresql-"))
    server = PostgresServer(found[-1].parent, folder)
    try:
        server.create()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("there is no user to run PostgreSQL as")


def text_of(location: Location) -> tuple[str, str]:
    """Return `--data-dir` and `--database-url` for a place, one of them empty."""
    return ("", location.text) if isinstance(location, DatabaseUrl) else (str(location), "")
