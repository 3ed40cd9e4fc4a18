"""Wrong API tokens, many of them."""

import pytest

from protocol.roles import ProgrammeRole
from protocol.room import Person
from server.errors import UserError
from server.http.token_guard import WRONG_AT_ONCE, TokenGuard
from tests.support.clock import ManualClock

RIGHT, WRONG = "rup_" + "A" * 43, "rup_" + "B" * 43
ANA = Person(person_id="p1", name="Ana", email="ana@school.example", role=ProgrammeRole.MENTOR)


class Desk:
    """Knows one token, and counts what it is asked."""

    def __init__(self) -> None:
        self.right = {RIGHT}
        self.asked = 0
        self.clock = ManualClock()
        self.guard = TokenGuard(self.find, self.clock)

    async def find(self, token: str) -> Person | None:
        self.asked += 1
        return ANA if token in self.right else None

    async def outcome(self, token: str, address: str = "192.0.2.1") -> str:
        try:
            person = await self.guard.person_of(token, address)
        except UserError as error:
            return f"{error.code} {error.retry_after_s}"
        return "wrong" if person is None else person.name

    async def exhaust(self, address: str = "192.0.2.1") -> None:
        assert {await self.outcome(WRONG, address) for _ in range(WRONG_AT_ONCE)} == {"wrong"}


async def test_wrong_tokens_are_not_even_looked_up_after_a_while() -> None:
    desk = Desk()
    await desk.exhaust()
    asked = desk.asked
    assert [await desk.outcome(token) for token in (WRONG, "rup_x", RIGHT)] == ["too_many 2"] * 3
    assert desk.asked == asked
    desk.clock.advance(seconds=2)
    assert await desk.outcome(WRONG) == "wrong"
    assert await desk.outcome(WRONG) == "too_many 2"


async def test_a_token_that_has_worked_is_let_in_whatever_its_neighbours_try() -> None:
    desk = Desk()
    assert await desk.outcome(RIGHT) == "Ana"
    await desk.exhaust()
    assert {await desk.outcome(RIGHT) for _ in range(100)} == {"Ana"}
    desk.right.clear()
    assert await desk.outcome(RIGHT) == "wrong", "it was revoked"
    assert await desk.outcome(RIGHT) == "too_many 2", "and is one like others now"


async def test_right_tokens_cost_nothing() -> None:
    desk = Desk()
    desk.right = {f"rup_{number:043}" for number in range(200)}
    assert {await desk.outcome(token) for token in sorted(desk.right)} == {"Ana"}


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("192.0.2.2", False),
        ("::ffff:192.0.2.1", True),
        ("2001:db8::1", False),
    ],
)
async def test_addresses_are_counted_apart(other: str, is_same: bool) -> None:
    desk = Desk()
    await desk.exhaust()
    assert (await desk.outcome(WRONG, other) != "wrong") == is_same


async def test_an_ipv6_network_is_one_address() -> None:
    desk = Desk()
    for number in range(WRONG_AT_ONCE):
        assert await desk.outcome(WRONG, f"2001:db8::{number:x}") == "wrong"
    assert await desk.outcome(WRONG, "2001:db8::ffff%eth0") != "wrong"
    assert await desk.outcome(WRONG, "2001:db8:0:1::1") == "wrong"
    assert await desk.outcome(WRONG, "no address") == "wrong"


async def test_memory_is_bounded() -> None:
    desk = Desk()
    desk.right = {f"rup_{number:043}" for number in range(10_100)}
    for number, token in enumerate(sorted(desk.right)):
        await desk.outcome(WRONG, f"10.0.{number // 256}.{number % 256}")
        await desk.outcome(token, "10.1.0.0")
    assert len(desk.guard._made_up_at) <= 10_000
    assert len(desk.guard._known) == 10_000
    desk.clock.advance(seconds=120)
    await desk.outcome(WRONG)
    assert len(desk.guard._made_up_at) == 1
