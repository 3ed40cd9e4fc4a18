"""Connection tests with a real worker; that a picture comes back is tested with a real browser."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from protocol.connection_test import ConnectionTestOpened
from protocol.errors import ErrorCode
from protocol.requests import MediaTransportCreate, MediaTransportCreated, RoomLeave
from server.clock import Clock, SystemClock
from server.errors import UserError
from server.media import connection_test
from server.media.connection_test import ConnectionTests
from server.media.service import MediaService
from tests.server.media.meeting import worker_has
from tests.server.media.page import refused
from tests.support.clock import ManualClock
from tests.support.waiting import until

StartTests = Callable[..., ConnectionTests]


@pytest.fixture
async def start_tests(service: MediaService) -> AsyncIterator[StartTests]:
    """Make tests on the one real worker, with another clock or lifetime."""
    started: list[ConnectionTests] = []

    def start(clock: Clock | None = None, lifetime_s: float = 60.0) -> ConnectionTests:
        tests = ConnectionTests(
            service.create_feature, service.settings, lambda: [8810, 8811], clock or SystemClock(), lifetime_s
        )
        started.append(tests)
        return tests

    yield start
    for tests in started:
        for _ in range(2):
            await tests.close()


async def create_transport(
    tests: ConnectionTests, opened: ConnectionTestOpened, person: str = "ana"
) -> MediaTransportCreated:
    request = MediaTransportCreate(request_id="1", direction="send")
    reply = await tests.ask(person, opened.test_id, request)
    assert isinstance(reply, MediaTransportCreated)
    return reply


async def test_a_test_answers_as_a_room_does_until_it_is_ended(start_tests: StartTests, service: MediaService) -> None:
    tests = start_tests()
    opened = await tests.open("ana")
    assert opened.media == service.settings()
    assert opened.media_ports == (8810, 8811)
    created = await create_transport(tests, opened)
    assert {candidate.ip for candidate in created.transport.ice_candidates} == {"127.0.0.1"}
    await worker_has(service, transports=1)
    await tests.end("ana", opened.test_id)
    await worker_has(service, transports=0)
    await refused(create_transport(tests, opened), ErrorCode.NOT_FOUND)


async def test_it_ends_by_itself(start_tests: StartTests, service: MediaService) -> None:
    tests = start_tests(lifetime_s=0.5)
    opened = await tests.open("ana")
    await create_transport(tests, opened)

    def is_over() -> bool:
        try:
            tests.spend("ana", opened.test_id, 0)
        except UserError as error:
            return error.code is ErrorCode.NOT_FOUND
        return False

    await until(is_over)
    await worker_has(service, transports=0)


async def test_it_is_for_one_person_alone(start_tests: StartTests) -> None:
    tests = start_tests()
    opened = await tests.open("ana")
    await tests.open("ben")
    await refused(create_transport(tests, opened, "ben"), ErrorCode.NOT_FOUND)
    await refused(tests.end("ben", opened.test_id), ErrorCode.NOT_FOUND)
    with pytest.raises(UserError):
        tests.spend("ben", opened.test_id, 1)
    await create_transport(tests, opened)


async def test_a_person_has_one_at_a_time_however_many_they_begin_at_once(
    start_tests: StartTests, service: MediaService
) -> None:
    tests = start_tests()
    first = await tests.open("ana")
    await create_transport(tests, first)
    later = await asyncio.gather(*(tests.open("ana") for _ in range(5)))
    asked = (create_transport(tests, opened) for opened in (first, *later))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, MediaTransportCreated) for answer in answers) == 1
    await worker_has(service, transports=1)


async def test_all_together_have_a_limited_number(start_tests: StartTests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_test, "MAX_TESTS", 2)
    tests = start_tests()
    first = await tests.open("ana")
    await tests.open("ben")
    await refused(tests.open("cleo"), ErrorCode.TOO_MANY)
    await tests.end("ana", first.test_id)
    await tests.open("cleo")


async def test_a_person_begins_only_so_many_in_ten_minutes(
    start_tests: StartTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_test, "TESTS_PER_WINDOW", 2)
    clock = ManualClock()
    tests = start_tests(clock)
    for _ in range(2):
        await tests.open("ana")
    await refused(tests.open("ana"), ErrorCode.TOO_MANY)
    await tests.open("ben")
    clock.advance(seconds=connection_test.WINDOW_S + 1)
    await tests.open("ana")


async def test_a_test_asks_for_so_much_and_moves_so_much(start_tests: StartTests) -> None:
    tests = start_tests()
    opened = await tests.open("ana")
    tests.spend("ana", opened.test_id, connection_test.MAX_BYTES - 1)
    tests.spend("ana", opened.test_id, 1)
    with pytest.raises(UserError) as error:
        tests.spend("ana", opened.test_id, 1)
    assert error.value.code is ErrorCode.TOO_MANY
    for _ in range(connection_test.MAX_REQUESTS):
        await create_transport(tests, opened)
    await refused(create_transport(tests, opened), ErrorCode.TOO_MANY)


async def test_only_media_is_answered(start_tests: StartTests) -> None:
    tests = start_tests()
    opened = await tests.open("ana")
    await refused(tests.ask("ana", opened.test_id, RoomLeave(request_id="1")), ErrorCode.BAD_REQUEST)
