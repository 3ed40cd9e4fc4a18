"""A people service over a real database, with time under control."""

import pytest

from server.people.service import PeopleService
from server.store.database import Database
from server.store.people import PeopleRepository
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def people(database: Database, clock: ManualClock) -> PeopleService:
    return PeopleService(PeopleRepository(database), clock)


@pytest.fixture
def rooms(database: Database) -> RoomRepository:
    return RoomRepository(database)
