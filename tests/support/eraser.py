"""Erases somebody, as a process that tests kill: it says when it begins."""

import asyncio
import sys
from pathlib import Path

from server.clock import SystemClock
from server.privacy.erasure import create_eraser
from server.store.database import Database
from server.store.location import locate


async def main(data_dir: str, database_url: str, person_id: str) -> None:
    """Erase them."""
    database = await Database.open(locate(Path(data_dir), database_url))
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await create_eraser(database, SystemClock()).erase(person_id, actor="operator")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
