import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.check_limits import (
    CHECKS_AT_ONCE,
    CHECKS_PER_S,
    MAX_SOURCES,
    SOURCE_CHECKS_AT_ONCE,
    SOURCE_CHECKS_PER_S,
    AgentAllowance,
    CheckLimits,
    TokenBucket,
    source_of,
)
from server.media.worker.path import Address

SCHOOL = "::ffff:192.0.2.1"


def port_of(host: str, port: int) -> Address:
    return (host, port, 0, 0)


@given(st.lists(st.floats(0, 3), max_size=200), st.floats(1, 50), st.integers(1, 50))
def test_a_bucket_gives_what_it_holds_and_what_flows_in(gaps: list[float], per_s: float, at_once: int) -> None:
    bucket, now, taken = TokenBucket(per_s, at_once), 1_000.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
        assert taken <= at_once + (now - 1_000.0) * per_s + 1e-6
    assert bucket.take(now + 1 / per_s + 1e-6), "whoever waits gets something"


def test_a_flood_from_new_addresses_leaves_an_agents_own_address_alone() -> None:
    limits, agent = CheckLimits(), AgentAllowance()
    taken = [limits.allow(agent, port_of(SCHOOL, port), 1.0, is_own=False) for port in range(500)]
    assert sum(taken) == CHECKS_AT_ONCE
    assert limits.allow(agent, port_of(SCHOOL, 1), 1.0, is_own=True)


def test_an_agents_own_address_is_limited_too_and_only_for_a_while() -> None:
    limits, agent = CheckLimits(), AgentAllowance()
    taken = [limits.allow(agent, port_of(SCHOOL, 1), 1.0, is_own=True) for _ in range(500)]
    assert sum(taken) == CHECKS_AT_ONCE
    taken = [limits.allow(agent, port_of(SCHOOL, 1), 2.0, is_own=True) for _ in range(500)]
    assert sum(taken) == CHECKS_PER_S


def test_a_school_behind_one_address_comes_in_at_once() -> None:
    limits, agents = CheckLimits(), [AgentAllowance() for _ in range(1_000)]
    assert all(limits.allow(agent, port_of(SCHOOL, number), 1.0, is_own=False) for number, agent in enumerate(agents))


def test_one_of_them_cannot_lock_the_others_out() -> None:
    limits, flooder = CheckLimits(), AgentAllowance()
    for port in range(100_000):
        limits.allow(flooder, port_of(SCHOOL, port % 60_000), 1.0, is_own=False)
    assert limits.allow(AgentAllowance(), port_of(SCHOOL, 7), 1.0, is_own=False)


@pytest.mark.parametrize("host", [SCHOOL, "2001:db8::7", "192.0.2.1"])
def test_a_host_is_limited_whatever_agents_it_knows(host: str) -> None:
    limits, count = CheckLimits(), 2 * SOURCE_CHECKS_AT_ONCE
    taken = [limits.allow(AgentAllowance(), port_of(host, port), 1.0, is_own=False) for port in range(count)]
    assert sum(taken) == SOURCE_CHECKS_AT_ONCE
    assert limits.allow(AgentAllowance(), port_of("198.51.100.1", 1), 1.0, is_own=False), "another host is another"
    taken = [limits.allow(AgentAllowance(), port_of(host, port), 2.0, is_own=False) for port in range(count)]
    assert sum(taken) == SOURCE_CHECKS_PER_S


def test_a_network_that_one_host_has_for_itself_is_one_host() -> None:
    assert source_of("2001:db8:0:1::7") == source_of("2001:db8:0:1:ffff::8") != source_of("2001:db8:0:2::7")
    assert source_of("fe80::1%eth0") == source_of("fe80::2")
    assert source_of(SCHOOL) != source_of("::ffff:192.0.2.2")


def test_forged_sources_take_no_more_memory_than_there_is() -> None:
    limits = CheckLimits()
    for number in range(3 * MAX_SOURCES):
        limits.allow(AgentAllowance(), port_of(f"2001:db8:{number:x}::1", 1), 1.0, is_own=False)
        limits.allow(AgentAllowance(), port_of(SCHOOL, 1), 1.0, is_own=False)
    assert len(limits._sources) == MAX_SOURCES
    assert source_of(SCHOOL) in limits._sources, "who is heard of is remembered"
