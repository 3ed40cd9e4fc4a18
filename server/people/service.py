"""People and how they sign in: adds them, makes and revokes their links, and knows whose session a cookie is.

Links are sent by mail, whose scanners open them too, so a link works several times until it expires or is revoked.
Only hashes of tokens are kept: a link can be shown once, when it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole
from protocol.room import Person
from protocol.tasks import RoomPerson
from server.clock import Clock
from server.errors import StoreError, UserError
from server.logs import log_failure
from server.people.links import LINK_LIFETIME
from server.people.names import email_of, name_of, slug_of
from server.people.tokens import hash_token, is_token, new_token
from server.store.people import Entry, NewLink, PeopleRepository, PersonOverview, UnknownPersonError, UnknownRoomError

SESSION_LIFETIME = timedelta(days=30)
"""From when it was last seen."""

OPERATOR = "operator"
"""Whoever runs commands on the server, as the audit trail calls them."""

_log = structlog.get_logger(__name__)

_EXTEND_AFTER_MS = 3_600_000
"""A session's end is moved on at most so often, so that most requests only read."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser's session, and where its link leads."""

    session_token: str
    """The browser's earlier one, when that is the same person's: pages that are open go on with it."""
    person: Person
    room_slug: str | None


@dataclass(frozen=True, slots=True)
class Imported:
    """One line of a list of people, done."""

    person: Person
    token: str


class PeopleService:
    """The people of the programme."""

    def __init__(self, repository: PeopleRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def programme_name(self) -> str:
        """Return what the programme is called."""
        return await self._repository.programme_name()

    async def name_programme(self, name: str) -> str:
        """Say what the programme is called; return the name as it is kept."""
        name = name_of(name)
        await self._repository.rename_programme(name, actor=OPERATOR, at=self._clock.now_ms())
        return name

    async def add_person(self, email: str, name: str, role: ProgrammeRole) -> Person:
        """Add somebody, or change the name and role of who has this e-mail address already; who was removed is back."""
        entry = Entry(email_of(email), name_of(name), role)
        persons = await self._repository.enrol([entry], [], actor=OPERATOR, at=self._clock.now_ms())
        return persons[0]

    async def find(self, email: str) -> Person:
        """Return who has this e-mail address; raises `UserError` when nobody has."""
        person = await self._repository.find(email_of(email))
        if person is None:
            raise _nobody(email)
        return person

    async def list_people(self, *, with_removed: bool = False) -> list[PersonOverview]:
        """Return everybody, by e-mail address."""
        return await self._repository.list_people(self._clock.now_ms(), with_removed=with_removed)

    async def list_names(self, limit: int) -> list[RoomPerson]:
        """Return who is in the programme, by name; the first `limit` of them."""
        return await self._repository.list_names(limit)

    async def remove(self, email: str) -> Person:
        """Take somebody out of the programme: no link, session or API token of theirs works any more."""
        person = await self.find(email)
        await self._repository.remove(person.person_id, actor=OPERATOR, at=self._clock.now_ms())
        return person

    async def note(self, person_id: str, action: str, *, actor: str) -> None:
        """Leave an audit entry about something that was done to somebody elsewhere."""
        await self._repository.note(person_id, action, actor=actor, at=self._clock.now_ms())

    async def create_link(self, email: str, room_slug: str | None = None, lifetime: timedelta = LINK_LIFETIME) -> str:
        """Make a sign-in link that leads to a room, or home; return its token, which is known nowhere else."""
        link, token = self._new_link(email_of(email), room_slug, lifetime)
        try:
            await self._enrol([], [link], room_slug)
        except UnknownPersonError as error:
            raise _nobody(email) from error
        return token

    async def import_people(
        self, entries: Sequence[Entry], room_slug: str | None = None, lifetime: timedelta = LINK_LIFETIME
    ) -> list[Imported]:
        """Add or update many people and make a link for each: all of them or, when anything is wrong, nobody."""
        entries = [Entry(email_of(entry.email), name_of(entry.name), entry.role) for entry in entries]
        made = [self._new_link(entry.email, room_slug, lifetime) for entry in entries]
        persons = await self._enrol(entries, [link for link, _ in made], room_slug)
        return [Imported(person, token) for person, (_, token) in zip(persons, made, strict=True)]

    async def revoke(self, email: str) -> int:
        """Revoke all links and API tokens of a person, end all their sessions, and return how many links that were."""
        person = await self.find(email)
        return await self._repository.revoke_links(person.person_id, actor=OPERATOR, at=self._clock.now_ms())

    async def use_link(self, token: str, earlier: str = "") -> SignIn | None:
        """Sign in by a link; `None` for one that is unknown, expired or revoked.

        `earlier` is the session that the browser brings along. Somebody else's ends.
        """
        if not is_token(token):
            return None
        session_token = new_token()
        now = self._clock.now_ms()
        used = await self._repository.use_link(
            hash_token(token),
            hash_token(session_token),
            earlier_hash=hash_token(earlier) if is_token(earlier) else "",
            at=now,
            expires_at=now + _milliseconds(SESSION_LIFETIME),
        )
        if used is None:
            return None
        return SignIn(earlier if used.is_earlier_kept else session_token, used.person, used.room_slug)

    async def person_of_session(self, token: str) -> Person | None:
        """Return who is signed in with this session, and let the session live on."""
        if not is_token(token):
            return None
        session_hash = hash_token(token)
        now = self._clock.now_ms()
        found = await self._repository.find_session(session_hash, at=now)
        if found is None:
            return None
        if now - found.last_seen_at >= _EXTEND_AFTER_MS:
            expires_at = now + _milliseconds(SESSION_LIFETIME)
            try:
                await self._repository.extend_session(session_hash, at=now, expires_at=expires_at)
            except StoreError as error:  # a disk that fails keeps nobody out; the next look tries again
                log_failure(_log, "session_not_extended", error)
        return found.person

    async def sign_out(self, token: str) -> None:
        """End a session. An unknown one is no error."""
        if is_token(token):
            await self._repository.end_session(hash_token(token))

    def _new_link(self, email: str, room_slug: str | None, lifetime: timedelta) -> tuple[NewLink, str]:
        if room_slug is not None:
            slug_of(room_slug)
        token = new_token()
        return NewLink(email, hash_token(token), room_slug, self._clock.now_ms() + _milliseconds(lifetime)), token

    async def _enrol(
        self, entries: Sequence[Entry], links: Sequence[NewLink], room_slug: str | None
    ) -> Sequence[Person]:
        try:
            return await self._repository.enrol(entries, links, actor=OPERATOR, at=self._clock.now_ms())
        except UnknownRoomError as error:
            raise UserError(ErrorCode.NOT_FOUND, f"There is no room {room_slug!r}.") from error


def _nobody(email: str) -> UserError:
    return UserError(ErrorCode.NOT_FOUND, f"Nobody here has the e-mail address {email.strip()}.")


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
