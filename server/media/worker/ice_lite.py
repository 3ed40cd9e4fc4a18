"""ICE-lite (RFC 8445 section 2.7): decide from the bytes of a STUN request who asks and what to answer.

No I/O. An agent is known by its user name fragment; an address becomes known, and its packets are listened to, only
after a request with the agent's password came from it. Whoever has no password gets no answer and costs no memory;
how many requests are looked into for whom is limited by `check_limits`.
"""

import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from aioice import stun

from server.media.worker.check_limits import AgentAllowance, CheckLimits
from server.media.worker.path import Address, Path

CONSENT_S = 30.0
"""An agent without a valid check for so long has lost its peer's consent (RFC 7675)."""
MAX_PATHS = 16
"""Of one agent; the one that was checked longest ago gives way. Over TCP each of our candidates makes one."""

_BINDING_REQUEST = 0x0001
_USERNAME = 0x0006
_MAX_PEEKED = 8
"""Attributes. In a check of Chromium or aioice the user name is the first; a whole one has seven."""
_HEADER_BYTES = 20
_MAX_REQUEST_BYTES = 548
_ROLE_CONFLICT = (487, "Role Conflict")
_MAPPED_PREFIX = "::ffff:"
_unpack_head = struct.Struct("!HHI").unpack_from
_unpack_attribute = struct.Struct("!HH").unpack_from

Owner = TypeVar("Owner")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a check has to name, and to be signed with (RFC 8445 section 5.3)."""

    username_fragment: str = field(default_factory=lambda: secrets.token_hex(8))
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)


@dataclass(slots=True, eq=False)
class IceAgent(Generic[Owner]):
    """One transport's side of ICE. `selected` is where packets are sent; `last_check` is when it was last allowed."""

    owner: Owner
    credentials: Credentials = field(default_factory=Credentials)
    former: Credentials | None = None
    """Still good after a restart, until a check with the new ones has come."""
    selected: Path | None = None
    last_check: float | None = None
    paths: dict[Address, Path] = field(default_factory=dict)
    """To each valid address; the one that was checked last is the last."""
    allowance: AgentAllowance = field(default_factory=AgentAllowance)


@dataclass(frozen=True, slots=True)
class Checked(Generic[Owner]):
    """An authentic request: the answer to send back, and whether packets take another path from now on."""

    owner: Owner
    answer: bytes
    has_moved: bool


class _Claim(NamedTuple, Generic[Owner]):
    """To an address."""

    agent: IceAgent[Owner]
    checked_at: float


class IceLite(Generic[Owner]):
    """All agents of a worker. `on_forgotten` is told each path that is nobody's any more."""

    def __init__(self, on_forgotten: Callable[[Path], None] = lambda _: None) -> None:
        self._on_forgotten = on_forgotten
        self._agents: dict[bytes, IceAgent[Owner]] = {}
        self.owners: dict[Address, Owner] = {}
        """Whose packets come from an address."""
        self._claims: dict[Address, _Claim[Owner]] = {}
        """To the same addresses."""
        self.limits = CheckLimits()

    def add(self, agent: IceAgent[Owner]) -> None:
        """Answer for `agent` from now on."""
        self._agents[agent.credentials.username_fragment.encode()] = agent

    def restart(self, agent: IceAgent[Owner]) -> Credentials:
        """Give `agent` new credentials (RFC 8445 section 2.4). Its path stays until a check with them has come."""
        self._forget_former(agent)
        agent.former, agent.credentials = agent.credentials, Credentials()
        self.add(agent)
        return agent.credentials

    def remove(self, agent: IceAgent[Owner]) -> None:
        """Forget `agent` and its addresses. Idempotent."""
        self._forget_former(agent)
        self._agents.pop(agent.credentials.username_fragment.encode(), None)
        for path in list(agent.paths.values()):
            self._forget(agent, path)
        agent.selected = None

    def lose(self, agent: IceAgent[Owner], path: Path) -> bool:
        """Take note that a path is no more; return whether it was the selected one.

        Then nothing is sent until there is a check again.
        """
        if path.remote in agent.paths:
            self._forget(agent, path)
        was_selected = agent.selected == path
        if was_selected:
            agent.selected = None
        return was_selected

    def receive(self, data: bytes | memoryview, path: Path, now: float) -> Checked[Owner] | None:
        """Take a datagram that may be a STUN request; `None` means that it is none, or not authentic: say nothing."""
        username = _peek_username(data)
        if username is None:
            return None
        fragment = username.partition(b":")[0]
        agent = self._agents.get(fragment)
        if agent is None:
            return None
        if not self.limits.allow(agent.allowance, path.remote, now, is_own=path.remote in agent.paths):
            return None
        is_new = fragment == agent.credentials.username_fragment.encode()
        credentials = agent.credentials if is_new or agent.former is None else agent.former
        request = _parse_authentic(bytes(data), credentials.password)
        if request is None:
            return None
        answer = stun.Message(request.message_method, stun.Class.RESPONSE, request.transaction_id)
        if "ICE-CONTROLLED" in request.attributes:
            answer.message_class = stun.Class.ERROR
            answer.attributes["ERROR-CODE"] = _ROLE_CONFLICT
            has_moved = False
        else:
            if not self._admit(agent, path, now):
                return None
            is_restarted = is_new and agent.former is not None
            has_moved = _select(agent, path, is_nominated=is_restarted or "USE-CANDIDATE" in request.attributes)
            if is_restarted:
                self._forget_former(agent)
            answer.attributes["XOR-MAPPED-ADDRESS"] = _mapped(path.remote)
        answer.add_message_integrity(credentials.password.encode())
        encoded = bytes(answer)
        return Checked(agent.owner, encoded if len(encoded) <= len(data) else b"", has_moved)

    def _forget_former(self, agent: IceAgent[Owner]) -> None:
        if agent.former is not None:
            self._agents.pop(agent.former.username_fragment.encode(), None)
            agent.former = None

    def _admit(self, agent: IceAgent[Owner], path: Path, now: float) -> bool:
        """Note that the path's address is the agent's, unless it is another agent's that uses it."""
        claim = self._claims.get(path.remote)
        if claim is not None and claim.agent is not agent:
            if not _has_lapsed(claim, path.remote, now):
                return False
            self._forget(claim.agent, claim.agent.paths[path.remote])
        agent.paths.pop(path.remote, None)
        agent.paths[path.remote] = path
        agent.last_check = now
        self.owners[path.remote] = agent.owner
        self._claims[path.remote] = _Claim(agent, now)
        if len(agent.paths) > MAX_PATHS:
            kept = agent.selected.remote if agent.selected is not None else None
            self._forget(agent, next(path for address, path in agent.paths.items() if address != kept))
        return True

    def _forget(self, agent: IceAgent[Owner], path: Path) -> None:
        del agent.paths[path.remote]
        del self.owners[path.remote], self._claims[path.remote]
        self._on_forgotten(path)


def _has_lapsed(claim: _Claim[Owner], address: Address, now: float) -> bool:
    """Whether an agent that went elsewhere left this address so long ago that a NAT may have given it to another."""
    selected = claim.agent.selected
    return now - claim.checked_at > CONSENT_S and (selected is None or selected.remote != address)


def _select(agent: IceAgent[Owner], path: Path, *, is_nominated: bool) -> bool:
    """Take the first valid path, then the nominated one; Chromium's first check nominates nothing."""
    if path == agent.selected or not (is_nominated or agent.selected is None):
        return False
    agent.selected = path
    return True


def _peek_username(data: bytes | memoryview) -> bytes | None:
    """Return the user name of what looks like a binding request: cheap, and nothing is believed yet."""
    size = len(data)
    if not _HEADER_BYTES <= size <= _MAX_REQUEST_BYTES:
        return None
    message_type, length, cookie = _unpack_head(data)
    if message_type != _BINDING_REQUEST or cookie != stun.COOKIE or length != size - _HEADER_BYTES:
        return None
    at = _HEADER_BYTES
    for _ in range(_MAX_PEEKED):
        if at + 4 > size:
            break
        attribute, length = _unpack_attribute(data, at)
        if attribute == _USERNAME:
            return bytes(data[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return None


def _parse_authentic(data: bytes, password: str) -> stun.Message | None:
    try:
        request = stun.parse_message(data)
    except (ValueError, struct.error):
        return None
    return request if request.check_message_integrity(password.encode()) else None


def _mapped(address: Address) -> tuple[str, int]:
    """Return host and port as the other side knows them: an IPv4 peer of a dual-stack socket is no IPv6 address."""
    host = str(address[0]).partition("%")[0]
    return host.removeprefix(_MAPPED_PREFIX), address[1]
