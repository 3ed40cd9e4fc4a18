"""One server at a time on a database: a second one would take the first one's meetings for crashed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.store.location import Location
from server.store.sqlite.claim import claim_folder


class Claim:
    """That no other server works on the same data. This one, a folder's, lasts as long as its block."""

    async def lost(self) -> str:
        """Wait until another server has it, which may be for ever; return a sentence for operators."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


@asynccontextmanager
async def claim(location: Location) -> AsyncIterator[Claim]:
    """Hold the data at `location` for this process; given up at the end, however the process ends.

    Raises `StartupError` when another server has it, or when the place of the data cannot be used.
    """
    if isinstance(location, Path):
        with claim_folder(location):
            yield Claim()
        return
    from server.store.postgresql.claim import claim_database

    async with claim_database(location) as held:
        yield held
