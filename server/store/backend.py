"""What a kind of database has to offer, so that everything else need not know which one it is."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.store.models import Base


class Backend(Protocol):
    """One database of one kind, and how it is used."""

    name: str
    """What operators know it by. There is no secret in it."""
    transaction_timeout_s: float | None
    """So long a transaction takes at most; `None` where the back end sees to it that none lasts without end."""
    probe: TextClause
    """A statement that writes, and changes nothing."""
    now_ms: TextClause
    """An expression for the database's own time: milliseconds since 1970-01-01 UTC."""

    async def prepare(self, *, may_create: bool) -> None:
        """Prove that the database can be used, and bring its tables up to date; make them if that is meant.

        All of it is one transaction that keeps every other writer out: of two processes that start together only one
        migrates. Whoever has not claimed the data may not migrate what a server is running on. Raises `StartupError`.
        """

    def create_writer(self) -> AsyncEngine:
        """Make the engine of the one connection that writes."""

    def create_readers(self) -> AsyncEngine:
        """Make the engine of the connections that read, each transaction as of one moment."""

    async def begin_writing(self, session: AsyncSession) -> None:
        """Keep every other writer, of any process, out until the open transaction ends. Raises `StoreError`."""

    async def insert(self, engine: AsyncEngine, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows that all have the same columns, all or none, with nothing else in the transaction.

        Raises SQLAlchemy's `IntegrityError`; `StoreError`.
        """

    def why(self, error: BaseException) -> str | None:
        """Return what is wrong with the database, without a full stop; `None` when it is not the database."""

    def identify(self) -> object:
        """Return what tells the database from another one that has taken its place; `None` when it is gone."""
