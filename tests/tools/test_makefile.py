"""`make run` and `make install`, with stand-ins for what they start: what is said, and what those are given."""

import asyncio
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 30
OF_THE_MAKE_ABOVE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
UNTIL_TOLD_TO_STOP = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
print("stopping in order")
"""


async def make(*args: str) -> asyncio.subprocess.Process:
    """Start make as from a shell, also when make has started the tests."""
    return await asyncio.create_subprocess_exec(
        *("make", "--no-print-directory", *args),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in OF_THE_MAKE_ABOVE},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def make_run(folder: Path, script: str, *args: str) -> asyncio.subprocess.Process:
    """Start `make run` with a script in the place of the server and nothing to set up."""
    server = folder / "roundup"
    server.write_text(f"#!/bin/sh\n{script}\n")
    server.chmod(0o755)
    return await make("run", f"BIN={folder}", "BOOTSTRAP=true", *args)


async def test_who_needs_another_port_is_told_how_make_passes_it_on(tmp_path: Path) -> None:
    process = await make_run(tmp_path, 'echo "$@"; exit 2', "ARGS=--port 9000")
    async with asyncio.timeout(TIMEOUT_S):
        out, _ = await process.communicate()
    hint, given = out.decode().splitlines()
    assert 'make run ARGS="--port' in hint
    assert given == "serve --demo --port 9000"
    assert process.returncode == 2


async def test_a_signal_to_make_is_a_signal_to_the_server(tmp_path: Path) -> None:
    process = await make_run(tmp_path, f"exec {sys.executable} -c '{UNTIL_TOLD_TO_STOP}'")
    assert process.stdout is not None
    async with asyncio.timeout(TIMEOUT_S):
        while b"ready" not in (await process.stdout.readline()):
            pass
        process.send_signal(signal.SIGTERM)
        out, _ = await process.communicate()
    assert b"stopping in order" in out


async def test_installing_prepares_what_running_needs_and_starts_nothing(tmp_path: Path) -> None:
    process = await make("install", f"BIN={tmp_path}", "BOOTSTRAP=echo step:")
    async with asyncio.timeout(TIMEOUT_S):
        assert await process.communicate() == (b"step: web\n", b"")
    assert process.returncode == 0
