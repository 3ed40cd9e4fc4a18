"""How many wrong API tokens an address may try. Nobody guesses one: it is the look-ups that cost."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from protocol.errors import ErrorCode
from protocol.room import Person
from server.clock import Clock
from server.errors import UserError
from server.people.tokens import hash_token, is_api_token

WRONG_AT_ONCE = 30
"""From one address."""
WRONG_PER_S = 0.5
"""In the long run."""
_MAX_ADDRESSES = 10_000
_MAX_KNOWN = 10_000


class TokenGuard:
    """Looks tokens up, unless too many wrong ones came from the same address.

    A token that has worked is looked up whatever else comes: behind a proxy everybody has one address.
    """

    def __init__(
        self,
        find: Callable[[str], Awaitable[Person | None]],
        clock: Clock,
        *,
        per_s: float = WRONG_PER_S,
        at_once: int = WRONG_AT_ONCE,
    ) -> None:
        """`find` tells whom a token lets in."""
        self._find = find
        self._clock = clock
        self._every_s = 1 / per_s
        self._ahead_s = (at_once - 1) * self._every_s
        self._made_up_at: OrderedDict[str, float] = OrderedDict()
        """By network: when all its wrong tokens would be within the rate. Whose last one is the latest, last."""
        self._known: OrderedDict[str, None] = OrderedDict()
        """Hashes of tokens that have worked, the one used last, last."""

    async def person_of(self, token: str, address: str) -> Person | None:
        """Return whom a token lets in; `None` for a wrong one. Raises `UserError` after too many of these."""
        # One without our prefix may not even be ASCII; it is counted all the same.
        token_hash = hash_token(token) if is_api_token(token) else ""
        if token_hash in self._known:
            person = await self._find(token)
            if person is None:
                self._known.pop(token_hash, None)
            else:
                self._remember(token_hash)
            return person
        # Taken before the look-up and given back after it: else many at once would all be looked up.
        network = _network(address)
        self._take(network)
        person = await self._find(token)
        if person is not None:
            self._give_back(network)
            self._remember(token_hash)
        return person

    def _take(self, network: str) -> None:
        now = self._clock.monotonic()
        made_up_at = max(now, self._made_up_at.get(network, 0.0))
        if made_up_at - now > self._ahead_s:
            raise UserError(
                ErrorCode.TOO_MANY,
                "Too many tokens that do not work came from your address; wait a little.",
                retry_after_s=math.ceil(made_up_at - now - self._ahead_s),
            )
        self._made_up_at[network] = made_up_at + self._every_s
        self._made_up_at.move_to_end(network)
        while len(self._made_up_at) > _MAX_ADDRESSES or next(iter(self._made_up_at.values())) <= now:
            self._made_up_at.popitem(last=False)

    def _give_back(self, network: str) -> None:
        if network in self._made_up_at:
            self._made_up_at[network] -= self._every_s

    def _remember(self, token_hash: str) -> None:
        self._known[token_hash] = None
        self._known.move_to_end(token_hash)
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)


def _network(address: str) -> str:
    """Return what is counted as one: an IPv4 address, or an IPv6 /64, which is one subscriber's."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
