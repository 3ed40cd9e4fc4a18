"""API tokens, as rows and back. Tokens come in as hashes; what works is decided here in the query."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.roles import ProgrammeRole
from protocol.room import Person
from server.ids import create_id
from server.store.database import Database
from server.store.models import ApiTokenRow, PersonRow
from server.store.people import UnknownPersonError
from server.store.programme import audit

_DAY_MS = 86_400_000
_IS_PRESENT = PersonRow.removed_at.is_(None)
_COLUMNS = (
    ApiTokenRow.token_id,
    ApiTokenRow.person_id,
    ApiTokenRow.name,
    ApiTokenRow.created_at,
    ApiTokenRow.expires_at,
    ApiTokenRow.last_used_at,
)


class TooManyTokensError(Exception):
    """Somebody has as many tokens as may be."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token, without its secret."""

    token_id: str
    person_id: str
    name: str
    created_at: int
    expires_at: int
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token, and whose it is."""

    token: StoredToken
    email: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token that works lets in."""

    token_id: str
    person: Person
    last_used_at: int | None


class TokenRepository:
    """The API tokens of everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        person_id: str,
        name: str,
        token_hash: str,
        *,
        actor: str,
        at: int,
        expires_at: int,
        limit: int,
        limit_per_day: int,
    ) -> StoredToken:
        """Keep a new token.

        Raises `TooManyTokensError` when the person has `limit` that work, or was given `limit_per_day` within a day,
        `UnknownPersonError` when they are not in the programme any more.
        """
        token_id = create_id("token")
        async with self._database.session() as session:
            if await session.scalar(select(_IS_PRESENT).where(PersonRow.person_id == person_id)) is not True:
                raise UnknownPersonError
            is_theirs = ApiTokenRow.person_id == person_id
            if await _count(session, is_theirs & _works(at)) >= limit:
                raise TooManyTokensError
            if await _count(session, is_theirs & (ApiTokenRow.created_at > at - _DAY_MS)) >= limit_per_day:
                raise TooManyTokensError
            session.add(
                ApiTokenRow(
                    token_id=token_id,
                    person_id=person_id,
                    name=name,
                    token_hash=token_hash,
                    created_at=at,
                    expires_at=expires_at,
                )
            )
            audit(session, at, actor, "api_token_created", person_id, token_id)
        return StoredToken(token_id, person_id, name, at, expires_at, None)

    async def find(self, token_hash: str, *, at: int) -> TokenHolder | None:
        """Return whom a token lets in; `None` when it is unknown, expired or revoked, or its person was removed."""
        query = (
            select(
                ApiTokenRow.token_id,
                ApiTokenRow.last_used_at,
                PersonRow.person_id,
                PersonRow.name,
                PersonRow.email,
                PersonRow.role,
            )
            .join(PersonRow, PersonRow.person_id == ApiTokenRow.person_id)
            .where(ApiTokenRow.token_hash == token_hash, _works(at), _IS_PRESENT)
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        person = Person(person_id=row.person_id, name=row.name, email=row.email, role=ProgrammeRole(row.role))
        return TokenHolder(row.token_id, person, row.last_used_at)

    async def note_use(self, token_id: str, *, at: int) -> None:
        """Keep when a token was used last."""
        async with self._database.session() as session:
            used = update(ApiTokenRow).where(ApiTokenRow.token_id == token_id)
            await session.execute(used.values(last_used_at=at))

    async def list_tokens(self, person_id: str | None, *, expired_after: int) -> list[ListedToken]:
        """Return the tokens of one person, or of everybody, newest first: neither revoked nor expired by then."""
        query = (
            select(*_COLUMNS, PersonRow.email)
            .join(PersonRow, PersonRow.person_id == ApiTokenRow.person_id)
            .where(ApiTokenRow.revoked_at.is_(None), ApiTokenRow.expires_at > expired_after)
            .order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.token_id)
        )
        if person_id is not None:
            query = query.where(ApiTokenRow.person_id == person_id)
        async with self._database.reading() as session:
            return [
                ListedToken(
                    StoredToken(
                        row.token_id, row.person_id, row.name, row.created_at, row.expires_at, row.last_used_at
                    ),
                    row.email,
                )
                for row in await session.execute(query)
            ]

    async def revoke(self, token_id: str, person_id: str | None, *, actor: str, at: int) -> StoredToken | None:
        """Revoke a token, of one person only or of anybody's; `None` when there is none that is not revoked yet."""
        revoked = update(ApiTokenRow).where(ApiTokenRow.token_id == token_id, ApiTokenRow.revoked_at.is_(None))
        if person_id is not None:
            revoked = revoked.where(ApiTokenRow.person_id == person_id)
        async with self._database.session() as session:
            row = (await session.execute(revoked.values(revoked_at=at).returning(*_COLUMNS))).one_or_none()
            if row is None:
                return None
            audit(session, at, actor, "api_token_revoked", row.person_id, token_id)
        return StoredToken(row.token_id, row.person_id, row.name, row.created_at, row.expires_at, row.last_used_at)


def _works(at: int) -> ColumnElement[bool]:
    return ApiTokenRow.revoked_at.is_(None) & (ApiTokenRow.expires_at > at)


async def _count(session: AsyncSession, condition: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).select_from(ApiTokenRow).where(condition)) or 0
