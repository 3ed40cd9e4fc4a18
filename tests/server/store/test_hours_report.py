"""Entries for reports, on both kinds of database."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.store.database import Database
from server.store.hours_report import HoursReportRepository, ReportFilter
from tests.support.hours import TODAY, Programme

WEEK = TODAY - timedelta(days=6), TODAY
SAID = {"ana": "We talked.", "ben": "We walked.", "substituted": "Mia was there."}


@pytest.fixture
async def programme(database: Database) -> Programme:
    """Make one in which Ana has an entry today and one long ago, Ben one with Max and one with Mia."""
    made = Programme(database)
    await made.set_up()
    of_ben = [
        replace(made.entered(entry_id, mentee="ben"), mentor_id=made.person_id(mentor), text=SAID[entry_id])
        for entry_id, mentor in (("ben", "max"), ("substituted", "mia"))
    ]
    await made.append(made.entered("ana"), made.entered("ago", day=date(2026, 8, 3)), *of_ben)
    return made


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (None, {"ana", "ben", "substituted"}),
        ("ana", {"ana"}),
        ("ben", {"ben", "substituted"}),
        ("max", {"ben"}),
        ("mia", {"ana", "substituted"}),
        ("cora", set()),
    ],
)
async def test_only_what_was_said_of_the_entries_that_are_meant_is_read(
    programme: Programme, person: str | None, expected: set[str]
) -> None:
    wanted = ReportFilter(
        first_day=WEEK[0],
        last_day=WEEK[1],
        participant_id=None if person is None else programme.person_id(person),
    )
    async with HoursReportRepository(programme.database).reading(wanted) as reading:
        texts = await reading.texts()
        rows = [row async for batch in reading.batches() for row in batch]
    assert texts == {row.entry_id: row.text for row in rows} == {each: SAID[each] for each in expected}


async def test_a_report_may_take_longer_than_what_is_done_between_two_clicks(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programme.database.backend, "transaction_timeout_s", 0.5)
    reports = HoursReportRepository(programme.database)
    async with reports.reading(ReportFilter(first_day=WEEK[0], last_day=WEEK[1])) as reading:
        await asyncio.sleep(0.6)
        assert len([row async for batch in reading.batches() for row in batch]) == 3


async def test_only_what_was_said_of_some_pairs_is_read(programme: Programme) -> None:
    wanted = ReportFilter(first_day=WEEK[0], last_day=WEEK[1], pair_ids=[programme.pairs["ana"]])
    async with HoursReportRepository(programme.database).reading(wanted) as reading:
        assert await reading.texts() == {"ana": "We talked."}
