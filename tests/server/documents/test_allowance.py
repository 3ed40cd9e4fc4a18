import asyncio
import threading
import time

import pytest

from server.documents import allowance
from server.documents.allowance import ALLOWANCE_EACH_S, ALLOWANCE_S, Allowances
from server.errors import UserError
from tests.support.clock import ManualClock
from tests.support.waiting import until


def test_who_has_used_an_allowance_up_waits_until_some_of_it_is_back() -> None:
    clock = ManualClock()
    allowances = Allowances(clock.monotonic)
    allowances.use("ana", ALLOWANCE_S - 0.1)
    assert not allowances.is_used_up("ana")
    allowances.use("ana", 0.2)
    assert allowances.is_used_up("ana")
    assert not allowances.is_used_up("ben")
    clock.advance(seconds=0.11 / ALLOWANCE_EACH_S)
    assert not allowances.is_used_up("ana")


def test_nobody_saves_an_allowance_up() -> None:
    clock = ManualClock()
    allowances = Allowances(clock.monotonic)
    allowances.use("ana", 0.1)
    clock.advance(days=1)
    allowances.use("ana", ALLOWANCE_S)
    assert allowances.is_used_up("ana")


def test_the_server_itself_never_waits() -> None:
    allowances = Allowances(ManualClock().monotonic)
    allowances.use(None, 2 * ALLOWANCE_S)
    assert not allowances.is_used_up(None)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MAX_PEOPLE", 2)
    allowances = Allowances(ManualClock().monotonic)
    for person_id in ("ana", "ben", "ana", "cara"):
        allowances.use(person_id, ALLOWANCE_S)
    assert [allowances.is_used_up(one) for one in ("ana", "ben", "cara")] == [True, False, True]


async def test_what_another_thread_does_is_counted_also_when_nobody_waits_for_it() -> None:
    allowances = Allowances(ManualClock().monotonic)
    may_end = threading.Event()

    def work() -> str:
        may_end.wait(30)
        ends_at = time.thread_time() + 0.02
        while time.thread_time() < ends_at:
            pass
        return "done"

    given_up = asyncio.create_task(allowances.in_thread("ana", work))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    may_end.set()
    assert await allowances.in_thread("ben", work) == "done"
    assert allowances._used_s("ben") > 0.015
    await until(lambda: allowances._used_s("ana") > 0.015)


def test_who_has_to_wait_is_told_so() -> None:
    allowances = Allowances(ManualClock().monotonic)
    allowances.check("ana")
    allowances.use("ana", ALLOWANCE_S)
    with pytest.raises(UserError, match="too_many"):
        allowances.check("ana")
