"""Who has looked at whose hours, or taken them along, in the audit trail."""

from sqlalchemy import select

from server.store.database import Database
from server.store.models import AuditEntryRow
from server.store.programme import PROGRAMME_ID, audit

VIEWED = "hours_viewed"
EXPORTED = "hours_exported"
EVERYBODY = PROGRAMME_ID
"""Whose hours they are where nobody's in particular are asked for."""
_ONE_HOUR_MS = 3_600_000


class HoursViewRepository:
    """The looks that were noted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, viewer_id: str, subject: str, at: int, *, action: str = VIEWED, detail: str = "") -> None:
        """Note that somebody looks at the hours of a person, a pair, or `EVERYBODY`, by id; at most once an hour."""
        query = select(AuditEntryRow.entry_id).where(
            AuditEntryRow.at > at - _ONE_HOUR_MS,
            AuditEntryRow.actor == viewer_id,
            AuditEntryRow.action == action,
            AuditEntryRow.subject == subject,
            AuditEntryRow.detail == detail,
        )
        async with self._database.reading() as session:
            if await session.scalar(query.limit(1)) is not None:
                return
        async with self._database.session() as session:
            # Asked again where only one writes: two pages may be opened at once.
            if await session.scalar(query.limit(1)) is None:
                audit(session, at, viewer_id, action, subject, detail)
