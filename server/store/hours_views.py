"""Who has looked at whose hours, in the audit trail."""

from sqlalchemy import select

from server.store.database import Database
from server.store.models import AuditEntryRow
from server.store.programme import audit

ACTION = "hours_viewed"
EVERYBODY = "everybody"
"""The subject of a look at the entries of all at once."""
_ONE_HOUR_MS = 3_600_000


class HoursViewRepository:
    """The looks that were noted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, viewer_id: str, subject: str, at: int) -> None:
        """Note that somebody looks at the hours of a person, a pair, by id, or `EVERYBODY`; at most once an hour."""
        query = select(AuditEntryRow.entry_id).where(
            AuditEntryRow.at > at - _ONE_HOUR_MS,
            AuditEntryRow.actor == viewer_id,
            AuditEntryRow.action == ACTION,
            AuditEntryRow.subject == subject,
        )
        async with self._database.reading() as session:
            if await session.scalar(query.limit(1)) is not None:
                return
        async with self._database.session() as session:
            # Asked again where only one writes: two pages may be opened at once.
            if await session.scalar(query.limit(1)) is None:
                audit(session, at, viewer_id, ACTION, subject)
