"""The programme that people and rooms belong to, and the trail of what was done to them."""

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.hours.policy import HoursPolicy, read_policy
from server.store.models import AuditEntryRow, ProgrammeRow

DEFAULT_NAME = "Roundup"
DEFAULT_ZONE = "UTC"
PROGRAMME_ID = "programme"
"""There is one programme so far. With a known id, two nodes that start together cannot make two."""


async def find_programme_name(session: AsyncSession) -> str:
    """Return the programme's name, or a general one while nobody has been added yet."""
    name = await session.scalar(select(ProgrammeRow.name).where(ProgrammeRow.programme_id == PROGRAMME_ID))
    return DEFAULT_NAME if name is None else name


async def ensure_programme(session: AsyncSession, at: int, name: str = DEFAULT_NAME) -> str:
    """Return the programme's id, making the programme when it is missing. The name of an existing one stays."""
    if await session.get(ProgrammeRow, PROGRAMME_ID) is None:
        session.add(ProgrammeRow(programme_id=PROGRAMME_ID, name=name, created_at=at))
        await session.flush()
    return PROGRAMME_ID


async def rename_programme(session: AsyncSession, at: int, name: str) -> str:
    """Give the programme a name, whether it has one or not; return its id."""
    programme_id = await ensure_programme(session, at, name)
    await session.execute(update(ProgrammeRow).where(ProgrammeRow.programme_id == programme_id).values(name=name))
    return programme_id


def audit(session: AsyncSession, at: int, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Add an entry to the audit trail. It lasts exactly when the transaction does."""
    session.add(AuditEntryRow(at=at, actor=actor, action=action, subject=subject, detail=detail))


async def find_zone(session: AsyncSession) -> ZoneInfo:
    """Return the time zone that the programme's days begin and end in."""
    name = await session.scalar(select(ProgrammeRow.time_zone).where(ProgrammeRow.programme_id == PROGRAMME_ID))
    return ZoneInfo(name or DEFAULT_ZONE)


async def find_policy(session: AsyncSession) -> HoursPolicy:
    """Return how the programme counts hours."""
    text = await session.scalar(select(ProgrammeRow.hours_policy).where(ProgrammeRow.programme_id == PROGRAMME_ID))
    return read_policy(text)


def day_in(zone: tzinfo, instant: int) -> date:
    """Return the day of an instant in a time zone."""
    return datetime.fromtimestamp(instant / 1_000, zone).date()
