"""An outbox over a database of each kind, with time under control, and Ana, whom messages are for."""

import pytest

from protocol.roles import ProgrammeRole
from server.store.database import Database
from server.store.people import Entry, PeopleRepository
from tests.support.clock import ManualClock

ANA = "ana@school.example"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def ana(database: Database) -> str:
    entries = [Entry(ANA, "Ana Lima", ProgrammeRole.TEACHER)]
    [person] = await PeopleRepository(database).enrol(entries, [], actor="test", at=1)
    return person.person_id
