"""A PostgreSQL of the benchmark's own, on the loopback address, with its files in a folder that is gone afterwards."""

import asyncio
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from loadtest.bench.server_process import ServerError, free_port

_PROGRAMS = Path("/usr/lib/postgresql")
_HOST = "127.0.0.1"
_USER = "roundup"
_TIMEOUT_S = 60.0


class NoPostgresqlError(Exception):
    """PostgreSQL is not installed on this machine."""


@asynccontextmanager
async def running_postgresql() -> AsyncIterator[str]:
    """Run one until the block ends, with an empty database, whose URL is yielded.

    Its settings are those of an installed one, `fsync` included. Raises `NoPostgresqlError`, `ServerError`.
    """
    programs = _find_programs()
    folder = Path(tempfile.mkdtemp(prefix="roundup-postgresql-"))
    cluster = _Cluster(programs, folder)
    try:
        yield await cluster.create()
    finally:
        try:
            await cluster.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _find_programs() -> Path:
    """Return the folder of the newest one that is installed."""
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoPostgresqlError("PostgreSQL is not installed")
    return found[-1].parent


class _Cluster:
    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        # PostgreSQL refuses to be root's.
        self._owner = _unprivileged() if os.geteuid() == 0 else None

    async def create(self) -> str:
        """Make the files, start it, and make a database. Return its URL."""
        if self._owner is not None:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        await self._run("initdb", "-D", self._data, "-U", _USER, "-E", "UTF8", "--auth=trust")
        port = free_port()
        own = f"-h {_HOST} -p {port} -k {self._folder}"
        await self._run("pg_ctl", "start", "-D", self._data, "-l", self._folder / "log", "-o", own, "-w", "-s")
        await self._run("createdb", "-h", _HOST, "-p", port, "-U", _USER, "-T", "template0", "bench")
        return f"postgresql://{_USER}@{_HOST}:{port}/bench"

    async def stop(self) -> None:
        """Stop it, if it runs."""
        if (self._data / "postmaster.pid").exists():
            await self._run("pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w", "-s")

    async def _run(self, program: str, *arguments: str | Path | int) -> None:
        # Into a file: a daemon would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            process = await asyncio.create_subprocess_exec(
                self._programs / program,
                *map(str, arguments),
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=None if self._owner is None else self._owner.pw_uid,
                group=None if self._owner is None else self._owner.pw_gid,
                extra_groups=None if self._owner is None else [],
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    code = await process.wait()
            except TimeoutError as error:
                process.kill()
                raise ServerError(f"{program} took more than {_TIMEOUT_S:g} s") from error
            if code:
                output.seek(0)
                raise ServerError(f"{program} ended with {code}: {output.read().decode(errors='replace').strip()}")


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError("there is no user to run PostgreSQL as")
