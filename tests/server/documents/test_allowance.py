import pytest

from server.documents import allowance
from server.documents.allowance import ALLOWANCE_EACH_S, ALLOWANCE_S, Allowances
from tests.support.clock import ManualClock


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
