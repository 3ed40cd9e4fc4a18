"""Rows of the hours log, made for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from protocol.hours import ContactType, EntryAction, Side
from server.hours.log.chain import BEFORE_FIRST, seal
from server.hours.log.rows import LogRow, Step

MENTOR, MENTEE, COORDINATOR = "person_m", "person_e", "person_c"
AUTHORS = {Side.MENTOR: MENTOR, Side.MENTEE: MENTEE, Side.COORDINATOR: COORDINATOR, Side.SERVER: None}

PROPOSED = Step(
    entry_id="entry_1",
    pair_id="pair_1",
    mentor_id=MENTOR,
    meeting_id="meeting_1",
    day=date(2026, 11, 30),
    action=EntryAction.PROPOSED,
    side=Side.SERVER,
    author_id=None,
    at=1_000,
    contact_type=ContactType.CONFERENCE,
    measured_ms=1_800_000,
    credited_minutes=30,
    text=None,
)


def step(action: EntryAction, side: Side, *, text: str | None = None, **changes: object) -> Step:
    """Return a step like the proposal but for what is said."""
    return replace(PROPOSED, action=action, side=side, author_id=AUTHORS[side], text=text, **changes)  # type: ignore[arg-type]


def chained(steps: Sequence[Step]) -> list[LogRow]:
    """Return a log of these steps."""
    rows: list[LogRow] = []
    for one in steps:
        rows.append(seal(one, len(rows) + 1, rows[-1].hash if rows else BEFORE_FIRST, f"salt{len(rows)}"))
    return rows
