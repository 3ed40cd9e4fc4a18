"""A full ICE agent against an ICE-lite server, without sockets: datagrams and a clock in, datagrams out.

It is always controlling (RFC 8445 section 6.1.1) and nominates as Chromium does: its first checks lack USE-CANDIDATE,
the first pair that answers is nominated. Afterwards it asks for consent every few seconds (RFC 7675).
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from aioice import stun

from protocol.rtp import IceCandidate, IceParameters

Address = tuple[str, int]

CHECK_INTERVAL_S = 0.05
"""Pacing of checks (RFC 8445 section 14.2)."""
RETRANSMIT_S = 0.25
CONNECT_TIMEOUT_S = 10.0
CONSENT_INTERVAL_S = 5.0
CONSENT_TIMEOUT_S = 30.0
_PEER_REFLEXIVE_PRIORITY = (110 << 24) | (65_535 << 8) | 255


class IceState(Enum):
    """Where the agent stands."""

    CHECKING = "checking"
    CONNECTED = "connected"
    FAILED = "failed"
    """Nothing answered in time, or consent expired. Final."""


class PairState(Enum):
    """Where a candidate pair stands (RFC 8445 section 6.1.2.6, without freezing)."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(slots=True)
class _Pair:
    """Our one local candidate with one remote address."""

    remote: Address
    state: PairState = PairState.WAITING
    sent_at: float = 0.0
    transactions: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Our side's user name fragment and password."""

    fragment: str
    password: str

    @classmethod
    def random(cls) -> "Credentials":
        """Make a pair as long as RFC 8445 section 5.3 asks for."""
        return cls(secrets.token_hex(4), secrets.token_hex(12))


class IceAgent:
    """Finds the way to the server and keeps its consent. Call `poll` when due and send what it returns."""

    def __init__(
        self,
        *,
        remote: IceParameters,
        candidates: Sequence[IceCandidate],
        local: Credentials,
        now: float,
        chance: random.Random,
    ) -> None:
        self.state = IceState.CHECKING
        self.selected: Address | None = None
        """The server's address, once nominated."""
        self.next_poll_at = now
        self.rejected = 0
        """STUN messages that were malformed, not asked for, or not signed with the server's password."""
        ordered = sorted((c for c in candidates if c.protocol == "udp"), key=lambda c: c.priority, reverse=True)
        self._pairs = [_Pair((candidate.ip, candidate.port)) for candidate in ordered]
        self._username = f"{remote.username_fragment}:{local.fragment}"
        self._key = remote.password.encode()
        self._tie_breaker = chance.getrandbits(64)
        self._chance = chance
        self._give_up_at = now + CONNECT_TIMEOUT_S
        self._nominating: dict[bytes, _Pair] = {}
        self._nominated_at = 0.0
        self._consent_until = 0.0
        self._consent_checks: set[bytes] = set()

    def poll(self, now: float) -> list[tuple[bytes, Address]]:
        """Return the datagrams that are due at `now`, and set `next_poll_at`."""
        if self.state is IceState.CONNECTED:
            return self._poll_consent(now)
        if self.state is IceState.FAILED:
            return []
        if now >= self._give_up_at or all(pair.state is PairState.FAILED for pair in self._pairs):
            self.state = IceState.FAILED
            return []
        self.next_poll_at = now + CHECK_INTERVAL_S
        best = next((pair for pair in self._pairs if pair.state is PairState.SUCCEEDED), None)
        if best:
            return self._nominate(best, now)
        pair = next((pair for pair in self._pairs if self._is_check_due(pair, now)), None)
        return [self._check(pair, now)] if pair else []

    def on_datagram(self, data: bytes, source: Address, now: float) -> None:
        """Take a STUN message from the network. Nothing malformed or forged changes anything but `rejected`."""
        try:
            message = stun.parse_message(data)
        except ValueError:
            self.rejected += 1
            return
        if not message.check_message_integrity(self._key):
            self.rejected += 1
            return
        if message.message_class is stun.Class.RESPONSE:
            self._on_response(message.transaction_id, source, now)
        elif message.message_class is stun.Class.ERROR:
            self._on_error(message.transaction_id, source, now)
        else:
            self.rejected += 1  # an ICE-lite server never checks us

    def _is_check_due(self, pair: _Pair, now: float) -> bool:
        if pair.state is PairState.WAITING:
            return True
        return pair.state is PairState.IN_PROGRESS and now - pair.sent_at >= RETRANSMIT_S

    def _check(self, pair: _Pair, now: float) -> tuple[bytes, Address]:
        transaction, data = self._request(is_nominating=False)
        pair.state = PairState.IN_PROGRESS
        pair.sent_at = now
        pair.transactions.add(transaction)
        return data, pair.remote

    def _nominate(self, pair: _Pair, now: float) -> list[tuple[bytes, Address]]:
        if self._nominating and now - self._nominated_at < RETRANSMIT_S:
            return []
        transaction, data = self._request(is_nominating=True)
        self._nominating[transaction] = pair
        self._nominated_at = now
        return [(data, pair.remote)]

    def _poll_consent(self, now: float) -> list[tuple[bytes, Address]]:
        if now >= self._consent_until:
            self.state = IceState.FAILED
            return []
        if now < self.next_poll_at or self.selected is None:
            return []
        transaction, data = self._request(is_nominating=True)
        self._consent_checks.add(transaction)
        self.next_poll_at = now + CONSENT_INTERVAL_S * self._chance.uniform(0.8, 1.2)
        return [(data, self.selected)]

    def _on_response(self, transaction: bytes, source: Address, now: float) -> None:
        if self.state is IceState.FAILED:
            return
        if transaction in self._consent_checks and source == self.selected:
            self._consent_checks.clear()
            self._consent_until = now + CONSENT_TIMEOUT_S
            return
        nominated = self._nominating.get(transaction)
        if nominated and source == nominated.remote:
            self._on_nominated(nominated, now)
            return
        pair = next((pair for pair in self._pairs if transaction in pair.transactions), None)
        if pair is None or source != pair.remote:  # RFC 8445 section 7.2.5.2.1: addresses must be symmetric
            self.rejected += 1
            return
        if pair.state is not PairState.SUCCEEDED:
            pair.state = PairState.SUCCEEDED
            self.next_poll_at = now

    def _on_nominated(self, pair: _Pair, now: float) -> None:
        if self.state is IceState.CONNECTED:
            return
        self.state = IceState.CONNECTED
        self.selected = pair.remote
        self._consent_until = now + CONSENT_TIMEOUT_S
        self.next_poll_at = now + CONSENT_INTERVAL_S * self._chance.uniform(0.8, 1.2)

    def _on_error(self, transaction: bytes, source: Address, now: float) -> None:
        for pair in self._pairs:
            if source == pair.remote and transaction in pair.transactions:
                pair.state = PairState.FAILED
                self.next_poll_at = now

    def _request(self, *, is_nominating: bool) -> tuple[bytes, bytes]:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = self._username
        message.attributes["PRIORITY"] = _PEER_REFLEXIVE_PRIORITY
        message.attributes["ICE-CONTROLLING"] = self._tie_breaker
        if is_nominating:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._key)
        return message.transaction_id, bytes(message)
