import random
from dataclasses import dataclass, field

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from loadtest.bots.ice import (
    CONNECT_TIMEOUT_S,
    CONSENT_INTERVAL_S,
    CONSENT_TIMEOUT_S,
    RETRANSMIT_S,
    Address,
    Credentials,
    IceAgent,
    IceState,
)
from protocol.rtp import IceParameters
from tests.loadtest.lite_peer import candidate

KEY = b"the-password-of-the-server"
BEST: Address = ("192.0.2.1", 5000)
OTHER: Address = ("192.0.2.2", 5000)


@dataclass
class Sent:
    message: stun.Message
    data: bytes
    to: Address


@dataclass
class Lab:
    """An agent, a clock, and what it has sent."""

    now: float = 100.0
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agent = IceAgent(
            remote=IceParameters(username_fragment="server", password=KEY.decode(), ice_lite=True),
            candidates=[candidate(*OTHER, priority=1), candidate(*BEST, priority=9)],
            local=Credentials("ours", "secret"),
            now=self.now,
            chance=random.Random(1),
        )

    def state(self) -> IceState:
        return self.agent.state

    def run_to(self, when: float) -> None:
        """Poll whenever the agent asks to, up to `when`."""
        while self.state() is not IceState.FAILED and self.agent.next_poll_at <= when:
            self.now = max(self.now, self.agent.next_poll_at)
            before = self.agent.next_poll_at
            for data, address in self.agent.poll(self.now):
                self.sent.append(Sent(stun.parse_message(data), data, address))
            assert self.state() is IceState.FAILED or self.agent.next_poll_at > before
        self.now = when

    def answer(self, sent: Sent, *, source: Address | None = None, key: bytes = KEY, code: int = 0) -> None:
        message_class = stun.Class.ERROR if code else stun.Class.RESPONSE
        answer = stun.Message(stun.Method.BINDING, message_class, sent.message.transaction_id)
        if code:
            answer.attributes["ERROR-CODE"] = (code, "no")
        answer.add_message_integrity(key)
        self.agent.on_datagram(bytes(answer), source or sent.to, self.now)

    def connect(self) -> None:
        self.run_to(self.now)
        self.answer(self.sent[-1])
        self.run_to(self.now)
        self.answer(self.sent[-1])
        assert self.state() is IceState.CONNECTED


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_first_check_goes_to_the_best_candidate_without_nominating(lab: Lab) -> None:
    lab.run_to(lab.now)
    (check,) = lab.sent
    assert check.to == BEST
    assert check.message.attributes["USERNAME"] == "server:ours"
    assert check.message.check_message_integrity(KEY)
    assert "ICE-CONTROLLING" in check.message.attributes
    assert "USE-CANDIDATE" not in check.message.attributes


def test_a_pair_that_answered_is_nominated_at_once(lab: Lab) -> None:
    lab.run_to(lab.now)
    lab.answer(lab.sent[0])
    lab.run_to(lab.now)
    assert "USE-CANDIDATE" in lab.sent[1].message.attributes
    assert lab.state() is IceState.CHECKING
    lab.answer(lab.sent[1])
    assert lab.state() is IceState.CONNECTED
    assert lab.agent.selected == BEST


def test_checks_are_paced_and_repeated_until_answered(lab: Lab) -> None:
    lab.run_to(lab.now + RETRANSMIT_S + 0.1)
    assert [sent.to for sent in lab.sent] == [BEST, OTHER, BEST, OTHER]
    assert len({sent.message.transaction_id for sent in lab.sent}) == 4


def test_another_candidate_wins_when_the_best_is_silent(lab: Lab) -> None:
    lab.run_to(lab.now + 0.1)
    lab.answer(next(sent for sent in lab.sent if sent.to == OTHER))
    lab.run_to(lab.now)
    lab.answer(lab.sent[-1])
    assert lab.agent.selected == OTHER


def test_a_lost_nomination_is_repeated(lab: Lab) -> None:
    lab.run_to(lab.now)
    lab.answer(lab.sent[0])
    lab.run_to(lab.now + RETRANSMIT_S + 0.1)
    nominations = [sent for sent in lab.sent if "USE-CANDIDATE" in sent.message.attributes]
    assert len(nominations) == 2


def test_answers_signed_with_another_key_change_nothing(lab: Lab) -> None:
    lab.run_to(lab.now)
    lab.answer(lab.sent[0], key=b"guessed")
    lab.run_to(lab.now + 0.2)
    assert not any("USE-CANDIDATE" in sent.message.attributes for sent in lab.sent)
    assert lab.agent.rejected == 1


def test_answers_from_another_address_change_nothing(lab: Lab) -> None:
    lab.run_to(lab.now)
    lab.answer(lab.sent[0], source=("203.0.113.9", 1))
    lab.run_to(lab.now + 0.2)
    assert not any("USE-CANDIDATE" in sent.message.attributes for sent in lab.sent)
    assert lab.agent.rejected == 1


def test_silence_fails(lab: Lab) -> None:
    lab.run_to(lab.now + CONNECT_TIMEOUT_S - 0.1)
    assert lab.state() is IceState.CHECKING
    lab.run_to(lab.now + 0.2)
    assert lab.state() is IceState.FAILED


def test_refusal_by_every_candidate_fails_at_once(lab: Lab) -> None:
    lab.run_to(lab.now + 0.1)
    for sent in list(lab.sent):
        lab.answer(sent, code=400)
    lab.run_to(lab.now + 0.1)
    assert lab.state() is IceState.FAILED


def test_consent_is_asked_for_about_every_five_seconds(lab: Lab) -> None:
    lab.connect()
    asked = len(lab.sent)
    for _ in range(20):
        lab.run_to(lab.now + CONSENT_INTERVAL_S)
        lab.answer(lab.sent[-1])
    checks = lab.sent[asked:]
    assert 17 <= len(checks) <= 25
    assert {sent.to for sent in checks} == {BEST}
    assert lab.state() is IceState.CONNECTED


def test_consent_expires_after_thirty_seconds_of_silence(lab: Lab) -> None:
    lab.connect()
    lab.run_to(lab.now + CONSENT_TIMEOUT_S - 1)
    assert lab.state() is IceState.CONNECTED
    lab.run_to(lab.now + 1 + CONSENT_INTERVAL_S * 1.2)
    assert lab.state() is IceState.FAILED
    assert lab.agent.poll(lab.now) == []


def test_an_old_answer_does_not_prolong_consent(lab: Lab) -> None:
    lab.connect()
    nomination = lab.sent[-1]
    lab.run_to(lab.now + CONSENT_TIMEOUT_S - 1)
    lab.answer(nomination)
    lab.run_to(lab.now + CONSENT_TIMEOUT_S)
    assert lab.state() is IceState.FAILED


@given(st.binary(max_size=200))
def test_arbitrary_bytes_neither_raise_nor_connect(data: bytes) -> None:
    lab = Lab()
    lab.run_to(lab.now)
    lab.agent.on_datagram(data, BEST, lab.now)
    assert lab.state() is IceState.CHECKING
    assert lab.agent.rejected == 1
