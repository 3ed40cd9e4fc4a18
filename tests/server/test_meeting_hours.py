"""From a meeting to the hours log by itself, through the whole server."""

from pathlib import Path

from protocol.hours import EntryState
from server.hours.log.chain import Verifier
from server.store.database import Database
from server.store.hours_log import EntryFilter, HoursLogRepository
from tests.support.clock import ManualClock
from tests.support.page import Page
from tests.support.server import RunningServer, running_server

TEACHER, MENTOR = "teacher@demo.example", "mentor@demo.example"
ROOM = "morning-round-up"


async def enter(server: RunningServer, email: str) -> Page:
    page = Page(await server.sign_in(email))
    await page.connect(server.url)
    await page.join(ROOM)
    return page


async def test_what_a_pair_has_done_together_is_in_the_log_when_the_server_has_stopped(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running_server(tmp_path, is_demo=True, clock=clock) as server:
        pages = [await enter(server, email) for email in (TEACHER, MENTOR)]
        clock.advance(seconds=100)
        for page in pages:
            await page.close()
        location = server.server.location
    database = await Database.open(location)
    log = HoursLogRepository(database)
    [entry], _ = await log.page(EntryFilter(), None, 10)
    assert (entry.state, entry.latest.credited_minutes) == (EntryState.PROPOSED, 2)
    # Nothing is invented: fractions of milliseconds are left out.
    assert entry.latest.measured_ms in range(99_990, 100_001)
    assert Verifier().take((await log.read(None, 1))[0]) is None
    await database.close()
