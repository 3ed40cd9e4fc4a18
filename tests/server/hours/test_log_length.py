"""The length of the hours log falls when its newest rows are taken away, and not when the database is."""

import pytest
from sqlalchemy import delete

from server.errors import StoreError
from server.hours.log_length import LogLength
from server.store.database import Database
from server.store.hours_log import HoursLogRepository, NewestRow
from server.store.models import HoursLogRow
from tests.support.hours import Programme
from tests.support.waiting import until


class Wavering(HoursLogRepository):
    """The log of a database that is away when a test says so."""

    is_away = False
    failures = 0

    async def newest(self) -> NewestRow | None:
        if self.is_away:
            self.failures += 1
            raise StoreError("The database is away.")
        return await super().newest()


async def test_it_falls_when_the_newest_rows_are_taken_away(database: Database) -> None:
    programme = Programme(database)
    await programme.set_up()
    length = LogLength(programme.log)
    assert length.rows is None
    await length.look()
    assert length.rows == 0
    [entered] = await programme.append(programme.entered("entry"))
    await programme.append(programme.confirmed(entered))
    await length.look()
    assert length.rows == 2
    async with database.session() as session:
        await session.execute(delete(HoursLogRow).where(HoursLogRow.number == 2))
    await length.look()
    assert length.rows == 1


async def test_it_goes_on_being_looked_at_while_the_database_is_away_now_and_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.hours.log_length.LOOK_EVERY_S", 0.0)
    programme = Programme(database)
    await programme.set_up()
    log = Wavering(database)
    length = LogLength(log)
    await length.start()
    assert length.rows == 0
    log.is_away = True
    await programme.append(programme.entered("entry"))
    await until(lambda: log.failures > 2)
    assert length.rows == 0, "what it said last"
    log.is_away = False
    await until(lambda: length.rows == 1)
    await length.close()
    await length.close()
