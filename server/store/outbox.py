"""The outbox, as rows and back: what is to be sent to elsewhere, and what became of it.

A message is put in the transaction that writes what it tells of: both last, or neither.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import event, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.store.database import Database
from server.store.models import OutboxMessageRow, PersonRow

_CHUNK = 500
"""Values in one statement, and rows in one transaction: meanwhile nobody else can write."""
_WAITS = OutboxMessageRow.sent_at.is_(None) & OutboxMessageRow.given_up_at.is_(None)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """Something to be sent."""

    channel: str
    key: str
    """What it is about, of all channels' messages: what has a key that there is already is not put again."""
    body: str
    """As JSON, in a form that the channel knows."""
    person_id: str | None = None
    """Whom it is for, or about."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message is for, as they are now."""

    name: str
    email: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that has not been sent."""

    message_id: int
    key: str
    body: str
    created_at: int
    due_at: int
    attempts: int
    addressee: Addressee | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What has become of a message. Where neither of the last two is set it goes on waiting."""

    message_id: int
    attempts: int
    due_at: int
    last_error: str | None
    sent_at: int | None = None
    given_up_at: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a channel."""

    count: int
    oldest_at: int | None
    next_due_at: int | None


class OutboxRepository:
    """The messages of all channels."""

    def __init__(self, database: Database, channels: Collection[str]) -> None:
        """Only messages for `channels`, which are those that can be sent, are put."""
        self._database = database
        self._channels = frozenset(channels)
        self._listeners: list[Callable[[], None]] = []

    def on_put(self, listener: Callable[[], None]) -> None:
        """Have `listener` called whenever messages were put, as soon as that lasts."""
        self._listeners.append(listener)

    async def put(self, session: AsyncSession, messages: Collection[NewMessage], *, at: int) -> int:
        """Put messages, in the transaction of `session`, which is a `Database.session()`; return how many are new.

        They are due at once. What is for a channel that there is not is left out, and so is whatever was put before.
        """
        wanted = {one.key: one for one in messages if one.channel in self._channels}
        known = await self.known(session, list(wanted))
        new = [one for key, one in wanted.items() if key not in known]
        session.add_all(
            OutboxMessageRow(
                channel=one.channel,
                key=one.key,
                person_id=one.person_id,
                body=one.body,
                created_at=at,
                due_at=at,
                attempts=0,
            )
            for one in new
        )
        if new:
            event.listen(session.sync_session, "after_commit", lambda _session: self._tell(), once=True)
        return len(new)

    async def known(self, session: AsyncSession, keys: Sequence[str]) -> set[str]:
        """Return which of some messages were ever put."""
        found: set[str] = set()
        for start in range(0, len(keys), _CHUNK):
            query = select(OutboxMessageRow.key).where(OutboxMessageRow.key.in_(keys[start : start + _CHUNK]))
            found |= set(await session.scalars(query))
        return found

    async def due(self, channel: str, *, at: int, limit: int) -> list[WaitingMessage]:
        """Return what is to be sent, what has been due longest first."""
        query = (
            select(
                OutboxMessageRow.message_id,
                OutboxMessageRow.key,
                OutboxMessageRow.body,
                OutboxMessageRow.created_at,
                OutboxMessageRow.due_at,
                OutboxMessageRow.attempts,
                PersonRow.name,
                PersonRow.email,
                PersonRow.removed_at,
            )
            .outerjoin(PersonRow, PersonRow.person_id == OutboxMessageRow.person_id)
            .where(OutboxMessageRow.channel == channel, _WAITS, OutboxMessageRow.due_at <= at)
            .order_by(OutboxMessageRow.due_at, OutboxMessageRow.message_id)
            .limit(limit)
        )
        async with self._database.reading() as session:
            return [
                WaitingMessage(
                    message_id=row.message_id,
                    key=row.key,
                    body=row.body,
                    created_at=row.created_at,
                    due_at=row.due_at,
                    attempts=row.attempts,
                    addressee=(
                        None
                        if row.email is None
                        else Addressee(row.name, row.email, is_removed=row.removed_at is not None)
                    ),
                )
                for row in await session.execute(query)
            ]

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Keep what has become of messages, all or nothing."""
        async with self._database.session() as session:
            await session.execute(update(OutboxMessageRow), [asdict(one) for one in settlements])

    async def backlog(self, channel: str) -> Backlog:
        """Return how much waits in a channel."""
        query = select(func.count(), func.min(OutboxMessageRow.created_at), func.min(OutboxMessageRow.due_at)).where(
            OutboxMessageRow.channel == channel, _WAITS
        )
        async with self._database.reading() as session:
            return Backlog(*(await session.execute(query)).one())

    async def forget_bodies(self, *, settled_before: int) -> int:
        """Empty messages that were sent, or given up, before then; return how many. That they were is still known."""
        is_settled = or_(
            OutboxMessageRow.sent_at < settled_before,
            OutboxMessageRow.given_up_at < settled_before,
        )
        query = select(OutboxMessageRow.message_id).where(is_settled, OutboxMessageRow.body != "")
        async with self._database.reading() as session:
            ids = list(await session.scalars(query))
        for start in range(0, len(ids), _CHUNK):
            found = OutboxMessageRow.message_id.in_(ids[start : start + _CHUNK])
            async with self._database.session() as session:
                await session.execute(update(OutboxMessageRow).where(found).values(body="", last_error=None))
        return len(ids)

    async def give_up_others(self, *, created_before: int, error: str, at: int) -> int:
        """Give up what has waited since before then for a channel that there is not any more; return how many."""
        is_other = OutboxMessageRow.channel.not_in(sorted(self._channels))
        given_up = update(OutboxMessageRow).where(is_other, _WAITS, OutboxMessageRow.created_at < created_before)
        async with self._database.session() as session:
            rows = await session.execute(
                given_up.values(given_up_at=at, last_error=error).returning(OutboxMessageRow.message_id)
            )
            return len(rows.all())

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
