"""One server at a time, wherever the data is."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from server.errors import StartupError
from server.store.claim import claim
from server.store.location import Location
from tests.support.command import ROOT
from tests.support.postgresql import text_of

HOLDER = """
import asyncio, sys
from pathlib import Path
from server.store.claim import claim
from server.store.location import locate

async def hold():
    async with claim(locate(Path(sys.argv[1]), sys.argv[2])):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


async def test_data_is_held_by_one_at_a_time(location: Location) -> None:
    async with claim(location):
        with pytest.raises(StartupError, match=r"Another server is running on .*; stop it, or choose another with --"):
            async with claim(location):
                pass
    async with claim(location):
        pass


async def test_who_is_killed_lets_go(location: Location) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, *text_of(location)), cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(StartupError):
        async with claim(location):
            pass
    holder.kill()
    await holder.communicate()
    async with claim(location):
        pass
