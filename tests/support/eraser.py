"""Erases somebody, as a process that tests kill: it says when it has come to a statement, and goes no further."""

import asyncio
import sys
import time
from pathlib import Path

from sqlalchemy import event

from server.clock import SystemClock
from server.privacy.erasure import create_eraser
from server.store.database import Database
from server.store.location import locate

_LONG_S = 600.0
"""Nobody lets it live so long."""


async def main(data_dir: str, database_url: str, person_id: str, statement: str) -> None:
    """Erase them, up to a statement by its number among those that write, from 1 on."""
    database = await Database.open(locate(Path(data_dir), database_url))
    left = int(statement)

    @event.listens_for(database._writer.sync_engine, "before_cursor_execute")
    def on_execute(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            sys.stdout.write("there\n")
            sys.stdout.flush()
            time.sleep(_LONG_S)

    await create_eraser(database, SystemClock()).erase(person_id, actor="operator")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
