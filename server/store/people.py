"""Persons, sign-in links and sessions, as rows and back.

Tokens come in as hashes; what is valid is decided here in the query, what is allowed is decided by
`server.people.service`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import asdict, replace
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.roles import ProgrammeRole
from protocol.room import Person
from protocol.tasks import RoomPerson
from server.ids import create_id
from server.store.database import Database
from server.store.models import ApiTokenRow, PersonRow, RoomRow, SignInLinkRow, SignInSessionRow
from server.store.programme import audit, ensure_programme, find_programme_name, rename_programme

MAX_SESSIONS_PER_PERSON = 50
"""Browsers, and the mail scanners that open links."""

_CHUNK = 500
"""Values in one statement."""
_PERSON = (PersonRow.person_id, PersonRow.name, PersonRow.email, PersonRow.role)
_IS_PRESENT = PersonRow.removed_at.is_(None)


class UnknownRoomError(LookupError):
    """A link is to lead to a room that does not exist."""


class UnknownPersonError(LookupError):
    """A link is for somebody who is not in the programme."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person to add or to bring up to date. The e-mail address is casefolded."""

    email: str
    name: str
    role: ProgrammeRole


@dataclass(frozen=True, slots=True)
class NewLink:
    """A sign-in link to keep."""

    email: str
    token_hash: str
    room_slug: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class PersonOverview:
    """A person, and how they can and did sign in."""

    person: Person
    valid_links: int
    """Links that work now."""
    link_uses: int
    """How often any of the person's links was opened."""
    last_sign_in_at: int | None
    removed_at: int | None
    """When they were removed; `None` for who is in the programme."""


@dataclass(frozen=True, slots=True)
class UsedLink:
    """Whom a link has signed in, the room it leads to, and whether that is the browser's earlier session's person."""

    person: Person
    room_slug: str | None
    is_earlier_kept: bool


@dataclass(frozen=True, slots=True)
class SignedInSession:
    """A valid session."""

    person: Person
    last_seen_at: int


class PeopleRepository:
    """People and how they sign in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def programme_name(self) -> str:
        """Return what the programme is called."""
        async with self._database.reading() as session:
            return await find_programme_name(session)

    async def name_new_programme(self, name: str, at: int) -> None:
        """Give the programme a name if it has none yet."""
        async with self._database.session() as session:
            await ensure_programme(session, at, name)

    async def rename_programme(self, name: str, *, actor: str, at: int) -> None:
        """Change what the programme is called."""
        async with self._database.session() as session:
            programme_id = await rename_programme(session, at, name)
            audit(session, at, actor, "programme_named", programme_id, name)

    async def find(self, email: str) -> Person | None:
        """Return who has this (casefolded) e-mail address."""
        query = select(*_PERSON).where(PersonRow.email == email, _IS_PRESENT)
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _person(row)

    async def list_people(self, now: int, *, with_removed: bool) -> list[PersonOverview]:
        """Return everybody, by e-mail address."""
        is_valid = SignInLinkRow.revoked_at.is_(None) & (SignInLinkRow.expires_at > now)
        query = (
            select(
                *_PERSON,
                PersonRow.removed_at,
                func.count(SignInLinkRow.link_id).filter(is_valid).label("valid_links"),
                func.coalesce(func.sum(SignInLinkRow.use_count), 0).label("link_uses"),
                func.max(SignInLinkRow.last_used_at).label("last_sign_in_at"),
            )
            .outerjoin(SignInLinkRow, SignInLinkRow.person_id == PersonRow.person_id)
            .group_by(*_PERSON, PersonRow.removed_at)
            .order_by(PersonRow.email)
        )
        if not with_removed:
            query = query.where(_IS_PRESENT)
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        return [
            PersonOverview(_person(row), row.valid_links, int(row.link_uses), row.last_sign_in_at, row.removed_at)
            for row in rows
        ]

    async def list_names(self, limit: int) -> list[RoomPerson]:
        """Return the names of who is in the programme, in their order; the first `limit` of them."""
        query = select(PersonRow.person_id, PersonRow.name).where(_IS_PRESENT)
        query = query.order_by(func.lower(PersonRow.name), PersonRow.person_id).limit(limit)
        async with self._database.reading() as session:
            return [RoomPerson(person_id=row.person_id, name=row.name) for row in await session.execute(query)]

    async def enrol(self, entries: Sequence[Entry], links: Sequence[NewLink], *, actor: str, at: int) -> list[Person]:
        """Add or update people and add links, all or nothing. Who was removed comes back.

        Raises `UnknownRoomError` or `UnknownPersonError` for a link that leads nowhere or is nobody's.
        """
        async with self._database.session() as session:
            rooms = await _room_ids(session, {link.room_slug for link in links if link.room_slug is not None})
            if any(link.room_slug is not None and link.room_slug not in rooms for link in links):
                raise UnknownRoomError
            emails = {entry.email for entry in entries} | {link.email for link in links}
            people, removed = await _find_by_email(session, emails)
            people |= await _enrol(session, entries, people, removed, actor=actor, at=at)
            if any(link.email not in people for link in links):
                raise UnknownPersonError
            await _add_links(session, links, people, rooms, actor=actor, at=at)
        return [people[entry.email] for entry in entries]

    async def revoke_links(self, person_id: str, *, actor: str, at: int) -> int:
        """Revoke a person's links that could still be used, and their API tokens, and end their sessions.

        Returns the number of links revoked.
        """
        async with self._database.session() as session:
            count = await _lock_out(session, person_id, at)
            audit(session, at, actor, "links_revoked", person_id, f"{count} links")
        return count

    async def remove(self, person_id: str, *, actor: str, at: int) -> None:
        """Take somebody out of the programme: what happened with them stays, what let them in works no more."""
        async with self._database.session() as session:
            await _lock_out(session, person_id, at)
            removed = update(PersonRow).where(PersonRow.person_id == person_id, _IS_PRESENT).values(removed_at=at)
            await session.execute(removed)
            audit(session, at, actor, "person_removed", person_id)

    async def note(self, person_id: str, action: str, *, actor: str, at: int) -> None:
        """Leave an audit entry about something that was done to somebody elsewhere."""
        async with self._database.session() as session:
            audit(session, at, actor, action, person_id)

    async def use_link(
        self, link_hash: str, session_hash: str, *, earlier_hash: str, at: int, expires_at: int
    ) -> UsedLink | None:
        """Count one use of a valid link and begin a session; `None` when the link is unknown, expired or revoked.

        The session `earlier_hash`, if there is one, lives on when it is the same person's, and ends when it is not.
        """
        query = (
            select(*_PERSON, SignInLinkRow.link_id, RoomRow.slug)
            .select_from(SignInLinkRow)
            .join(PersonRow, PersonRow.person_id == SignInLinkRow.person_id)
            .outerjoin(RoomRow, (RoomRow.room_id == SignInLinkRow.room_id) & RoomRow.removed_at.is_(None))
            .where(SignInLinkRow.token_hash == link_hash, SignInLinkRow.revoked_at.is_(None))
            .where(SignInLinkRow.expires_at > at)
        )
        async with self._database.session() as session:
            row = (await session.execute(query)).one_or_none()
            if row is None:
                return None
            await session.execute(
                update(SignInLinkRow)
                .where(SignInLinkRow.link_id == row.link_id)
                .values(use_count=SignInLinkRow.use_count + 1, last_used_at=at)
            )
            await _clear_sessions(session, row.person_id, at)
            is_kept = await _keep_or_end(session, earlier_hash, row.person_id, at=at, expires_at=expires_at)
            if is_kept:
                return UsedLink(_person(row), row.slug, is_earlier_kept=True)
            session.add(
                SignInSessionRow(
                    session_id=create_id("session"),
                    person_id=row.person_id,
                    token_hash=session_hash,
                    link_id=row.link_id,
                    created_at=at,
                    expires_at=expires_at,
                    last_seen_at=at,
                )
            )
        return UsedLink(_person(row), row.slug, is_earlier_kept=False)

    async def find_session(self, session_hash: str, *, at: int) -> SignedInSession | None:
        """Return whose session this is, unless it is unknown, ended or expired."""
        query = (
            select(*_PERSON, SignInSessionRow.last_seen_at)
            .join(SignInSessionRow, SignInSessionRow.person_id == PersonRow.person_id)
            .where(SignInSessionRow.token_hash == session_hash, SignInSessionRow.expires_at > at)
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else SignedInSession(_person(row), row.last_seen_at)

    async def extend_session(self, session_hash: str, *, at: int, expires_at: int) -> None:
        """Let a session live on. One that has ended meanwhile stays ended."""
        async with self._database.session() as session:
            await session.execute(
                update(SignInSessionRow)
                .where(SignInSessionRow.token_hash == session_hash)
                .values(last_seen_at=at, expires_at=expires_at)
            )

    async def end_session(self, session_hash: str) -> None:
        """End a session, if there is one."""
        async with self._database.session() as session:
            await session.execute(delete(SignInSessionRow).where(SignInSessionRow.token_hash == session_hash))


def _person(row: Row[*tuple[object, ...]]) -> Person:
    return Person(person_id=row.person_id, name=row.name, email=row.email, role=ProgrammeRole(row.role))


async def _keep_or_end(session: AsyncSession, session_hash: str, person_id: str, *, at: int, expires_at: int) -> bool:
    """Let a session live on if it is this person's, else end it; tell which."""
    kept = await session.execute(
        update(SignInSessionRow)
        .where(SignInSessionRow.token_hash == session_hash, SignInSessionRow.person_id == person_id)
        .where(SignInSessionRow.expires_at > at)
        .values(last_seen_at=at, expires_at=expires_at)
        .returning(SignInSessionRow.session_id)
    )
    if kept.first() is not None:
        return True
    await session.execute(delete(SignInSessionRow).where(SignInSessionRow.token_hash == session_hash))
    return False


async def _lock_out(session: AsyncSession, person_id: str, at: int) -> int:
    """End a person's sessions, revoke their links and API tokens; return how many links would still have worked."""
    revoked = await session.execute(
        update(SignInLinkRow)
        .where(SignInLinkRow.person_id == person_id, SignInLinkRow.revoked_at.is_(None))
        .where(SignInLinkRow.expires_at > at)
        .values(revoked_at=at)
        .returning(SignInLinkRow.link_id)
    )
    await session.execute(delete(SignInSessionRow).where(SignInSessionRow.person_id == person_id))
    of_theirs = update(ApiTokenRow).where(ApiTokenRow.person_id == person_id, ApiTokenRow.revoked_at.is_(None))
    await session.execute(of_theirs.values(revoked_at=at))
    return len(revoked.all())


async def _clear_sessions(session: AsyncSession, person_id: str, at: int) -> None:
    """Clear away what has run out, and the longest unseen of a person who has too many. Nothing else would."""
    surplus = (
        select(SignInSessionRow.session_id)
        .where(SignInSessionRow.person_id == person_id)
        .order_by(SignInSessionRow.last_seen_at.desc(), SignInSessionRow.created_at.desc())
        .limit(_CHUNK)
        .offset(MAX_SESSIONS_PER_PERSON - 1)
    )
    has_run_out = SignInSessionRow.expires_at <= at
    await session.execute(delete(SignInSessionRow).where(has_run_out | SignInSessionRow.session_id.in_(surplus)))


async def _find_by_email(session: AsyncSession, emails: set[str]) -> tuple[dict[str, Person], dict[str, Person]]:
    """Return who is in the programme, and who was removed from it."""
    present: dict[str, Person] = {}
    removed: dict[str, Person] = {}
    wanted = iter(sorted(emails))
    while chunk := list(islice(wanted, _CHUNK)):
        rows = await session.execute(select(*_PERSON, PersonRow.removed_at).where(PersonRow.email.in_(chunk)))
        for row in rows:
            (present if row.removed_at is None else removed)[row.email] = _person(row)
    return present, removed


async def _enrol(
    session: AsyncSession,
    entries: Sequence[Entry],
    present: dict[str, Person],
    removed: dict[str, Person],
    *,
    actor: str,
    at: int,
) -> dict[str, Person]:
    """Add or update, in as few statements as there are kinds of them: meanwhile nobody else can write."""
    added, changed = [], []
    for entry in entries:
        person = present.get(entry.email)
        if entry.email in removed:
            person = replace(removed[entry.email], name=entry.name, role=entry.role)
            changed.append(person)
            audit(session, at, actor, "person_restored", person.person_id, f"as {entry.role.value}")
        elif person is None:
            person = Person(person_id=create_id("person"), name=entry.name, email=entry.email, role=entry.role)
            added.append(person)
            audit(session, at, actor, "person_added", person.person_id, f"as {entry.role.value}")
        elif (person.name, person.role) != (entry.name, entry.role):
            changed.append(replace(person, name=entry.name, role=entry.role))
            if person.role != entry.role:
                detail = f"from {person.role.value} to {entry.role.value}"
                audit(session, at, actor, "role_changed", person.person_id, detail)
    if added:
        programme_id = await ensure_programme(session, at)
        rows = [asdict(person) | {"programme_id": programme_id, "created_at": at} for person in added]
        await session.execute(insert(PersonRow), rows)
    if changed:
        await session.execute(update(PersonRow), [asdict(person) | {"removed_at": None} for person in changed])
    return {person.email: person for person in (*added, *changed)}


async def _room_ids(session: AsyncSession, slugs: set[str]) -> dict[str, str]:
    query = select(RoomRow.slug, RoomRow.room_id).where(RoomRow.slug.in_(slugs), RoomRow.removed_at.is_(None))
    rows = await session.execute(query)
    return {row.slug: row.room_id for row in rows}


async def _add_links(
    session: AsyncSession,
    links: Sequence[NewLink],
    people: dict[str, Person],
    rooms: dict[str, str],
    *,
    actor: str,
    at: int,
) -> None:
    rows = [
        {
            "link_id": create_id("link"),
            "person_id": people[link.email].person_id,
            "token_hash": link.token_hash,
            "room_id": None if link.room_slug is None else rooms[link.room_slug],
            "created_at": at,
            "expires_at": link.expires_at,
            "use_count": 0,
        }
        for link in links
    ]
    if rows:
        await session.execute(insert(SignInLinkRow), rows)
    for row in rows:
        audit(session, at, actor, "link_created", str(row["person_id"]), str(row["link_id"]))
