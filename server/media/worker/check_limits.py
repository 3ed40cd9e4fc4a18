"""How many ICE checks are looked into a second: two signatures for each valid one, some 40 µs.

Only checks with a user name fragment of ours count. Whoever does not know one, 64 random bits, uses up nobody's
allowance, whatever address he forges, and costs no more than the look at the name. Who knows one spends its agent's
allowance and no other: somebody behind a school's only address cannot lock the school out. Pure; bounded memory.
"""

import socket
from collections import OrderedDict
from dataclasses import dataclass, field

from server.media.worker.path import Address

CHECKS_PER_S, CHECKS_AT_ONCE = 30.0, 60
"""Of one agent from the addresses that are its own, and as many again from new ones. Browsers begin with some 20 a
second over all pairs (RFC 8445 section 14.2), and fall to one every few seconds."""
SOURCE_CHECKS_PER_S, SOURCE_CHECKS_AT_ONCE = 1_000.0, 2_000
"""From new addresses and ports of one host. A school of 500 behind one address comes back with 1,000 transports at
once, each of which is at home after one check; and 1,000 a second are a twenty-fifth of a core."""
MAX_SOURCES = 1_024
"""The host that was heard of longest ago is forgotten, which forgives it: its agents' allowances still hold."""

_PREFIX_BYTES = 8
"""A /64 is one host: whoever has one address of it has them all."""


class TokenBucket:
    """Takes `at_once` at once and `per_s` a second for ever."""

    __slots__ = ("_at_once", "_filled_at", "_per_s", "_tokens")

    def __init__(self, per_s: float, at_once: float) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._tokens = at_once
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take one if there is one."""
        self._tokens = min(self._at_once, self._tokens + (now - self._filled_at) * self._per_s)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(slots=True, eq=False)
class AgentAllowance:
    """What one agent may be asked. What strangers do to `strangers` never costs its own addresses their consent."""

    own: TokenBucket = field(default_factory=lambda: TokenBucket(CHECKS_PER_S, CHECKS_AT_ONCE))
    strangers: TokenBucket = field(default_factory=lambda: TokenBucket(CHECKS_PER_S, CHECKS_AT_ONCE))


class CheckLimits:
    """The sources of all new addresses."""

    def __init__(self) -> None:
        self._sources: OrderedDict[str | bytes, TokenBucket] = OrderedDict()
        self.refused = 0

    def allow(self, allowance: AgentAllowance, address: Address, now: float, *, is_own: bool) -> bool:
        """Whether to look into a check for the agent with `allowance`, to which `address` belongs or not."""
        if is_own:
            is_allowed = allowance.own.take(now)
        else:  # the agent's first: what is refused there must not be charged to its neighbours
            is_allowed = allowance.strangers.take(now) and self._source(address).take(now)
        self.refused += not is_allowed
        return is_allowed

    def _source(self, address: Address) -> TokenBucket:
        key = source_of(str(address[0]))
        bucket = self._sources.get(key)
        if bucket is None:
            bucket = self._sources[key] = TokenBucket(SOURCE_CHECKS_PER_S, SOURCE_CHECKS_AT_ONCE)
            if len(self._sources) > MAX_SOURCES:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(key)
        return bucket


def source_of(host: str) -> str | bytes:
    """Return what stands for a host: its IPv4 address, mapped into IPv6 or not, or the /64 of its IPv6 address."""
    if ":" not in host or "." in host:
        return host
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:_PREFIX_BYTES]
