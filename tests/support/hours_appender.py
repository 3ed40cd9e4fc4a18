"""Adds to the hours log without end, as a process that tests kill: each step is said once it is acknowledged."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from sqlalchemy import select

from server.store.database import Database
from server.store.location import locate
from server.store.models import PersonRow
from tests.support.hours import ROLES, Programme


async def main(data_dir: str, database_url: str, name: str) -> None:
    """Enter and confirm, one entry after the other."""
    database = await Database.open(locate(Path(data_dir), database_url))
    programme = Programme(database)
    await programme.set_up()
    async with database.reading() as session:
        assert len(list(await session.scalars(select(PersonRow)))) == len(ROLES)
    for number in count():
        [entry] = await programme.append(programme.entered(f"{name} {number}"))
        [entry] = await programme.append(programme.confirmed(entry))
        sys.stdout.write(f"{entry.latest.entry_id} {entry.number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
