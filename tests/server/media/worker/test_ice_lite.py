import os
from pathlib import Path as FilePath
from typing import Any

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.check_limits import CHECKS_AT_ONCE
from server.media.worker.ice_lite import CONSENT_S, MAX_PATHS, Checked, IceAgent, IceLite, _peek_username
from server.media.worker.path import Path
from tests.server.media.endpoint import binding_request

CORPUS = FilePath(__file__).parents[3] / "fuzz" / "corpus" / "stun"
HERE = (41, 50, bytes(20))
THERE = (41, 50, b"\x01" + bytes(19))


def path(number: int, source: tuple[int, int, bytes] = HERE) -> Path:
    return Path((f"::ffff:192.0.2.{number}", 4_000 + number, 0, 0), source)


def agent_of(ice: IceLite[str], owner: str = "transport") -> IceAgent[str]:
    agent = IceAgent(owner)
    ice.add(agent)
    return agent


def signed(agent: IceAgent[str], **options: Any) -> bytes:
    """Return a check with the agent's credentials."""
    return binding_request(agent.credentials.username_fragment, agent.credentials.password, **options)


def check(
    ice: IceLite[str], agent: IceAgent[str], at: Path, *, nominate: bool = False, now: float = 1.0
) -> Checked[str] | None:
    request = signed(agent, nominate=nominate)
    return ice.receive(request, at, now)


def test_an_authentic_check_is_answered_with_the_address_it_came_from() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = signed(agent)
    checked = ice.receive(request, path(1), 1.0)
    assert checked is not None
    answer = stun.parse_message(checked.answer)
    assert answer.check_message_integrity(agent.credentials.password.encode())
    assert answer.message_class is stun.Class.RESPONSE
    assert answer.transaction_id == request[8:20]
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 4_001)
    assert len(checked.answer) <= len(request)


def test_an_ipv6_address_is_answered_as_such() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    checked = check(ice, agent, Path(("2001:db8::7", 4_000, 0, 0), HERE))
    assert checked is not None
    mapped = stun.parse_message(checked.answer).attributes["XOR-MAPPED-ADDRESS"]
    assert mapped == ("2001:db8::7", 4_000)


def test_the_first_valid_path_is_taken_then_the_nominated_one() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    moves = [
        check(ice, agent, path(1)),
        check(ice, agent, path(2)),
        check(ice, agent, path(2), nominate=True),
        check(ice, agent, path(2), nominate=True),
        check(ice, agent, path(1)),
    ]
    assert [checked.has_moved for checked in moves if checked is not None] == [True, False, True, False, False]
    assert agent.selected == path(2)


def test_another_address_of_ours_is_another_path() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    check(ice, agent, path(1, HERE))
    checked = check(ice, agent, path(1, THERE), nominate=True)
    assert checked is not None
    assert checked.has_moved
    assert agent.selected == path(1, THERE)


def test_a_wrong_password_gets_no_answer_and_costs_no_memory() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    assert ice.receive(binding_request(agent.credentials.username_fragment, "guessed"), path(1), 1.0) is None
    assert ice.receive(binding_request("nobody", agent.credentials.password), path(1), 1.0) is None
    assert not ice.owners
    assert agent.selected is None
    assert agent.last_check is None


def test_a_check_without_integrity_gets_no_answer() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{agent.credentials.username_fragment}:x"
    assert ice.receive(bytes(request), path(1), 1.0) is None


def test_who_claims_to_be_controlled_is_told_of_the_role_conflict() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = binding_request(
        agent.credentials.username_fragment, agent.credentials.password, attributes={"ICE-CONTROLLED": 1, "PRIORITY": 1}
    )
    checked = ice.receive(request, path(1), 1.0)
    assert checked is not None
    assert stun.parse_message(checked.answer).attributes["ERROR-CODE"][0] == 487
    assert not ice.owners


def test_no_answer_is_larger_than_its_request() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = agent.credentials.username_fragment
    request.attributes["MESSAGE-INTEGRITY"] = stun.message_integrity(
        bytes(request), agent.credentials.password.encode()
    )
    checked = ice.receive(bytes(request), Path(("2001:db8::7", 4_000, 0, 0), HERE), 1.0)
    assert checked is not None
    assert len(checked.answer) <= len(bytes(request))


def test_an_agent_has_only_so_many_addresses_and_keeps_the_selected_one() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    for number in range(MAX_PATHS + 20):
        check(ice, agent, path(number))
    assert len(agent.paths) == len(ice.owners) == MAX_PATHS
    assert agent.selected == path(0)
    assert path(0).remote in ice.owners
    assert path(MAX_PATHS + 19).remote in ice.owners


def test_who_holds_a_path_is_told_when_it_is_nobodys_any_more() -> None:
    forgotten: list[Path] = []
    ice: IceLite[str] = IceLite(forgotten.append)
    agent = agent_of(ice)
    for number in range(MAX_PATHS + 1):
        check(ice, agent, path(number))
    assert forgotten == [path(1)], "the selected one stays"
    ice.remove(agent)
    ice.remove(agent)
    assert sorted(forgotten) == sorted(path(number) for number in range(MAX_PATHS + 1))


def test_without_the_selected_path_the_next_one_is_taken() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    for number in (1, 2):
        check(ice, agent, path(number))
    ice.lose(agent, path(2))
    assert agent.selected == path(1)
    for _ in range(2):
        ice.lose(agent, path(1))
    assert agent.selected is None
    assert not ice.owners
    check(ice, agent, path(3))
    assert agent.selected == path(3)


def test_an_address_cannot_be_taken_from_somebody_else() -> None:
    ice: IceLite[str] = IceLite()
    victim, thief = agent_of(ice, "victim"), agent_of(ice, "thief")
    check(ice, victim, path(1))
    assert check(ice, thief, path(1), nominate=True) is None
    assert ice.owners[path(1).remote] == "victim"
    ice.remove(victim)
    assert check(ice, thief, path(1)) is not None


def test_an_address_that_somebody_left_is_anothers_once_their_consent_for_it_has_lapsed() -> None:
    forgotten: list[Path] = []
    ice: IceLite[str] = IceLite(forgotten.append)
    roamer, neighbour = agent_of(ice, "roamer"), agent_of(ice, "neighbour")
    check(ice, roamer, path(1), now=0.0)
    check(ice, roamer, path(2), nominate=True, now=1.0)
    assert check(ice, neighbour, path(1), now=CONSENT_S) is None
    check(ice, roamer, path(2), now=CONSENT_S)
    assert check(ice, neighbour, path(1), now=CONSENT_S + 0.1) is not None
    assert ice.owners == {path(1).remote: "neighbour", path(2).remote: "roamer"}
    assert forgotten == [path(1)]
    assert list(roamer.paths.values()) == [path(2)]
    assert check(ice, roamer, path(1), nominate=True, now=CONSENT_S + 0.2) is None
    for agent in (roamer, neighbour):
        ice.remove(agent)
    assert not ice.owners
    assert not ice._claims


def test_an_address_that_is_in_use_stays_its_agents_however_long_ago_it_was_checked() -> None:
    ice: IceLite[str] = IceLite()
    roamer, neighbour = agent_of(ice, "roamer"), agent_of(ice, "neighbour")
    check(ice, roamer, path(1), now=0.0)
    assert check(ice, neighbour, path(1), now=10 * CONSENT_S) is None


def test_an_address_that_is_checked_stays_its_agents_in_use_or_not() -> None:
    ice: IceLite[str] = IceLite()
    roamer, neighbour = agent_of(ice, "roamer"), agent_of(ice, "neighbour")
    check(ice, roamer, path(2), now=0.0)
    for now in (0.0, CONSENT_S, 2 * CONSENT_S):
        check(ice, roamer, path(1), now=now)
        assert check(ice, neighbour, path(1), now=now + CONSENT_S) is None


def test_a_removed_agent_leaves_nothing_behind() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    check(ice, agent, path(1))
    check(ice, agent, path(2))
    ice.remove(agent)
    ice.remove(agent)
    assert not ice.owners
    assert check(ice, agent, path(1)) is None


def test_after_a_restart_both_credentials_hold_until_the_new_ones_are_used() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    check(ice, agent, path(1), nominate=True)
    old = signed(agent, nominate=True)
    new = ice.restart(agent)
    checked = ice.receive(old, path(1), 2.0)
    assert checked is not None, "the old path goes on while the page changes over"
    assert agent.selected == path(1)
    checked = check(ice, agent, path(2))
    assert checked is not None
    assert checked.has_moved, "the first check decides, nominated or not: the old path may be dead"
    assert stun.parse_message(checked.answer).check_message_integrity(new.password.encode())
    assert agent.selected == path(2)
    assert ice.receive(old, path(1), 3.0) is None


def test_many_restarts_leave_nothing_behind() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    requests = []
    for _ in range(5):
        requests.append(signed(agent))
        ice.restart(agent)
    assert [ice.receive(request, path(1), 1.0) is None for request in requests] == [True] * 4 + [False]
    ice.remove(agent)
    assert not ice._agents


def test_a_flood_of_checks_is_looked_into_only_so_far() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = signed(agent)
    answered = [ice.receive(request, path(1), 1.0) is not None for _ in range(500)]
    assert answered == [True] * (1 + CHECKS_AT_ONCE) + [False] * (499 - CHECKS_AT_ONCE)
    assert ice.receive(request, path(1), 2.0) is not None


def test_a_flood_with_a_wrong_password_costs_nobody_consent_or_entry() -> None:
    ice: IceLite[str] = IceLite()
    agent, other = agent_of(ice), agent_of(ice, "other")
    check(ice, agent, path(1))
    wrong = binding_request(agent.credentials.username_fragment, "guessed")
    for port in range(2_000):
        ice.receive(wrong, Path(("::ffff:192.0.2.1", 10_000 + port, 0, 0), HERE), 1.0)
    assert check(ice, agent, path(1)) is not None, "from its own address"
    assert check(ice, agent, path(2)) is None, "a new one has to wait"
    assert check(ice, agent, path(2), now=2.0) is not None
    assert check(ice, other, Path(("::ffff:192.0.2.1", 9, 0, 0), HERE)) is not None, (
        "a neighbour behind the same address"
    )


def test_who_knows_no_name_uses_up_nobodys_allowance() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    check(ice, agent, path(1))
    unknown = binding_request("nobody", "guessed")
    for _ in range(3_000):
        assert ice.receive(unknown, path(1), 1.0) is None
    assert check(ice, agent, path(1)) is not None
    assert check(ice, agent_of(ice, "other"), Path((*path(1).remote[:1], 9, 0, 0), HERE)) is not None


def test_the_last_check_is_remembered() -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    check(ice, agent, path(1), now=5.0)
    check(ice, agent, path(1), now=9.0)
    assert agent.last_check == 9.0


@pytest.mark.parametrize("name", ["chromium-1.bin", "chromium-2.bin"])
def test_the_user_name_is_the_first_attribute_of_a_browsers_check(name: str) -> None:
    check = (CORPUS / name).read_bytes()
    assert _peek_username(check) == check[24 : 24 + int.from_bytes(check[22:24], "big")]


@pytest.mark.parametrize(("before", "is_found"), [(0, True), (7, True), (8, False), (120, False)])
def test_a_user_name_behind_many_attributes_is_not_searched_for(before: int, is_found: bool) -> None:
    body = b"\x80\x22\x00\x00" * before + b"\x00\x06\x00\x04name"
    request = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE.to_bytes(4, "big") + bytes(12) + body
    assert _peek_username(request) == (b"name" if is_found else None)


@given(st.binary(max_size=600))
def test_any_bytes_are_refused_in_silence(data: bytes) -> None:
    ice: IceLite[str] = IceLite()
    agent_of(ice)
    assert ice.receive(data, path(1), 1.0) is None


@given(st.data())
def test_a_damaged_check_is_refused_in_silence(data: st.DataObject) -> None:
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    request = bytearray(signed(agent))
    at = data.draw(st.integers(0, len(request) - 9))  # the last 8 are the fingerprint, which proves nothing
    request[at] ^= data.draw(st.integers(1, 255))
    assert ice.receive(bytes(request), path(1), 1.0) is None
    assert ice.receive(bytes(request[:at]), path(1), 1.0) is None


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=24)), max_size=8))
def test_an_authentic_check_with_any_attributes_never_raises(attributes: list[tuple[int, bytes]]) -> None:
    """Whoever has a password may still send nonsense."""
    ice: IceLite[str] = IceLite()
    agent = agent_of(ice)
    username = f"{agent.credentials.username_fragment}:x".encode()
    body = b"".join(
        key.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)
        for key, value in [(6, username), *attributes]
    )
    head = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE.to_bytes(4, "big") + os.urandom(12)
    integrity = stun.message_integrity(head + body, agent.credentials.password.encode())
    request = stun.set_body_length(head + body + b"\x00\x08\x00\x14" + integrity, len(body) + 24)
    checked = ice.receive(request, path(1), 1.0)
    assert checked is None or len(checked.answer) <= len(request)
