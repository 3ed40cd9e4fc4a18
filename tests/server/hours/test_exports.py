"""Files of the hours log, opened by other libraries; on both kinds of database."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import openpyxl
import pypdf
import pytest

from protocol.errors import ErrorCode
from protocol.hours import PairKind
from protocol.hours_queries import CalendarQuery, CertificateQuery, EntryQuery, ReportQuery, StatementQuery
from server.errors import UserError
from server.hours.rules import ContactRule
from server.hours.service import Hours, create_hours
from server.reports import workbook
from server.store import hours_report
from server.store.audit import AuditRepository
from server.store.pairs import PairEntry, PairRepository
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import TODAY, Programme

NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000
MINUTE = 60_000
FIRST_DAY = date(2026, 8, 1)
YEAR = ReportQuery(first_day=FIRST_DAY, last_day=TODAY)
CERTIFIED = CertificateQuery(first_day=FIRST_DAY, last_day=TODAY)


async def programme_name() -> str:
    return "Mentoring"


@pytest.fixture
async def hours(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Make an hours log with seven entries of Ana's and one of Ben's, read three at a time."""
    monkeypatch.setattr(hours_report, "BATCH", 3)
    for number in range(7):
        [entry] = await programme.append(programme.entered(f"e{number}", day=TODAY - timedelta(days=number)))
        if number < 4:
            await programme.append(programme.confirmed(entry))
    await programme.append(replace(programme.entered("b", mentee="ben", minutes=50), text="=1+1"))
    await RequirementRepository(programme.database).add_term("Fall", FIRST_DAY, TODAY, actor="test", at=1)
    return create_hours(programme.database, programme_name, ManualClock(NOON))


async def test_a_table_has_every_entry_once(programme: Programme, hours: Hours) -> None:
    file = await hours.files.report(programme.people["cora"], YEAR, "csv")
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert sorted(row["entry_id"] for row in rows) == ["b", *(f"e{number}" for number in range(7))]
    assert [row["day"] for row in rows] == sorted(row["day"] for row in rows)
    assert sum(int(row["counted_minutes"]) for row in rows) == 4 * 30
    found = await hours.service.programme(programme.people["cora"], YEAR)
    assert found.credited_minutes == 4 * 30
    trail = await AuditRepository(programme.database).entries(by=programme.person_id("cora"), limit=9)
    assert [(one.action, one.subject) for one in trail] == [("hours_exported", "programme")]
    texts = {row["entry_id"]: row["text"] for row in rows}
    assert (texts["e0"], texts["b"]) == ("We talked.", "'=1+1")


async def test_what_waits_is_in_tables_and_sums_also_where_the_pair_was_ended_as_of_before(
    programme: Programme, hours: Hours
) -> None:
    pairs = PairRepository(programme.database)
    await pairs.end(programme.pairs["ben"], TODAY - timedelta(days=9), actor="test", at=1)
    cora = programme.people["cora"]
    query = ReportQuery(first_day=TODAY - timedelta(days=1), last_day=TODAY)
    file = await hours.files.report(cora, query, "csv")
    rows = csv.DictReader(io.StringIO(file.data.decode("utf-8-sig")))
    listed = await hours.service.entries(cora, EntryQuery(first_day=query.first_day, last_day=query.last_day), None)
    assert {row["entry_id"] for row in rows} == {one.entry_id for one in listed.entries} == {"b", "e0", "e1"}
    assert (await hours.service.programme(cora, query)).waiting_minutes == 50


async def test_who_becomes_a_substitute_while_a_report_waits_is_named_in_it(programme: Programme) -> None:
    async def meanwhile() -> str:
        cora_id = programme.person_id("cora")
        pairs = PairRepository(programme.database)
        await pairs.add_leave(programme.pairs["ana"], TODAY, TODAY, cora_id, actor="test", at=1)
        await programme.append(replace(programme.entered("substituted"), mentor_id=cora_id))
        return "Mentoring"

    hours = create_hours(programme.database, meanwhile, ManualClock(NOON))
    file = await hours.files.report(programme.people["cora"], YEAR, "csv")
    [row] = csv.DictReader(io.StringIO(file.data.decode("utf-8-sig")))
    assert (row["entry_id"], row["mentor"], row["mentee"]) == ("substituted", "cora", "ana")


async def test_a_workbook_has_the_pairs_that_fit(programme: Programme, hours: Hours) -> None:
    file = await hours.files.report(
        programme.people["cora"], ReportQuery(first_day=FIRST_DAY, last_day=TODAY, q="ben"), "xlsx"
    )
    opened = openpyxl.load_workbook(io.BytesIO(file.data))
    text = [str(cell.value) for sheet in opened for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "ben" in text
    assert "ana" not in text
    newest = (await programme.log.read(None, 100))[-1]
    assert any(getattr(newest, "hash", "no") in one for one in text), "it can be held against the log"


async def test_a_workbook_says_by_name_whose_entries_it_has(programme: Programme, hours: Hours) -> None:
    query = ReportQuery(first_day=FIRST_DAY, last_day=TODAY, person_id=programme.person_id("ana"))
    file = await hours.files.report(programme.people["cora"], query, "xlsx")
    about = openpyxl.load_workbook(io.BytesIO(file.data)).worksheets[-1]
    assert [row[1] for row in about.iter_rows(values_only=True) if row[0] == "Only"] == ["ana"]


async def test_the_trail_keeps_no_text_that_somebody_has_asked_with(programme: Programme, hours: Hours) -> None:
    cora, ana_id = programme.people["cora"], programme.person_id("ana")
    for person_id in ("Dear Ana, 12 Elm Street", ana_id):
        query = ReportQuery(first_day=FIRST_DAY, last_day=TODAY, person_id=person_id)
        await hours.files.report(cora, query, "csv")
    trail = await AuditRepository(programme.database).entries(by=cora.person_id, limit=9)
    assert [one.subject for one in trail] == ["programme", ana_id]


async def test_more_than_a_workbook_has_room_for_is_said_in_a_sentence(
    programme: Programme, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_ENTRIES", 3)
    with pytest.raises(UserError, match="CSV") as refused:
        await hours.files.report(programme.people["cora"], YEAR, "xlsx")
    assert refused.value.code is ErrorCode.TOO_LARGE


async def test_a_statement_and_a_certificate_say_what_counts(programme: Programme, hours: Hours) -> None:
    ana = programme.people["ana"]
    for file in (
        await hours.files.statement(ana, ana.person_id, StatementQuery()),
        await hours.files.certificate(ana, ana.person_id, CERTIFIED),
    ):
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.data)).pages)
        assert "ana" in text
        assert "2:00" in text or "2 hours" in text


async def test_a_statement_lists_no_pair_that_began_after_the_term(programme: Programme, hours: Hours) -> None:
    later = PairEntry(
        kind=PairKind.LEAD_TEACHER,
        mentor="max@school.example",
        mentee="ana@school.example",
        starts_on=TODAY + timedelta(days=1),
    )
    await PairRepository(programme.database).add([later], actor="test", at=1)
    ana = programme.people["ana"]
    file = await hours.files.statement(ana, ana.person_id, StatementQuery())
    assert "Lead teacher" not in "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.data)).pages)


async def meet_max(programme: Programme, **times: tuple[int, int]) -> str:
    """Have Ana and Ben meet Max in one meeting, from and to in minutes; return what his certificate says."""
    max_ = programme.people["max"]
    buddies = PairEntry(kind=PairKind.CONTENT_BUDDY, mentor="max@school.example", mentee="ana@school.example")
    await PairRepository(programme.database).add([buddies], actor="test", at=1)
    listed = await PairRepository(programme.database).list_pairs()
    pairs = {pair.mentee.name: pair.pair_id for pair in listed if pair.mentor.name == "max"}
    there = {name: [(start * MINUTE, end * MINUTE)] for name, (start, end) in times.items()}
    end = max(end for _, end in times.values()) * MINUTE
    await programme.add_meeting("m", NOON, NOON + end, offset=7, max=[(0, end)], **there)
    for mentee, (start, end) in times.items():
        step = programme.entered(f"with {mentee}", mentee=mentee, minutes=end - start)
        step = replace(step, pair_id=pairs[mentee], mentor_id=max_.person_id, meeting_id="m")
        [entry] = await programme.append(step)
        await programme.append(programme.confirmed(entry))
    hours = create_hours(programme.database, programme_name, ManualClock(NOON))
    file = await hours.files.certificate(max_, max_.person_id, CERTIFIED)
    return pypdf.PdfReader(io.BytesIO(file.data)).pages[0].extract_text()


async def test_an_hour_with_several_at_once_is_one_hour(programme: Programme) -> None:
    text = await meet_max(programme, ana=(0, 60), ben=(0, 60))
    assert "Phone 1:00" in text
    assert "several people at once" in text


async def test_one_after_the_other_in_a_meeting_is_all_of_the_time(programme: Programme) -> None:
    assert "Phone 2:00" in await meet_max(programme, ana=(0, 40), ben=(38, 120))


async def test_nothing_is_said_of_several_at_once_where_there_were_none(programme: Programme) -> None:
    text = await meet_max(programme, ana=(0, 40), ben=(40, 120))
    assert "Phone 2:00" in text
    assert "several people at once" not in text


async def test_days_to_come_are_not_certified(programme: Programme, hours: Hours) -> None:
    ana, tomorrow = programme.people["ana"], TODAY + timedelta(days=1)
    query = CertificateQuery(first_day=FIRST_DAY, last_day=TODAY + timedelta(days=18))
    file = await hours.files.certificate(ana, ana.person_id, query)
    text = pypdf.PdfReader(io.BytesIO(file.data)).pages[0].extract_text()
    assert "August 1, 2026 to November 30, 2026" in text
    assert "December" not in text
    with pytest.raises(UserError, match="2026-12-01 is to come: a certificate is of days until today") as refused:
        await hours.files.certificate(ana, ana.person_id, CertificateQuery(first_day=tomorrow, last_day=tomorrow))
    assert refused.value.code is ErrorCode.BAD_REQUEST


async def test_a_substitute_has_the_hours_of_leave_that_was_taken_back(programme: Programme, hours: Hours) -> None:
    pairs, max_ = PairRepository(programme.database), programme.people["max"]
    leave_id = await pairs.add_leave(programme.pairs["ana"], TODAY, TODAY, max_.person_id, actor="test", at=1)
    step = replace(programme.entered("substituted", minutes=180), mentor_id=max_.person_id)
    [entry] = await programme.append(step)
    await programme.append(programme.confirmed(entry))
    assert await pairs.remove_leave(leave_id, actor="test", at=2)
    file = await hours.files.certificate(max_, max_.person_id, CERTIFIED)
    assert "3 hours" in pypdf.PdfReader(io.BytesIO(file.data)).pages[0].extract_text()


async def test_what_is_due_is_a_calendar_of_ones_own(programme: Programme, hours: Hours) -> None:
    await RequirementRepository(programme.database).add_requirement(
        "Contact", ContactRule(every_days=14), actor="test", at=1
    )
    counts = {}
    for caller in ("ana", "cora"):
        file = await hours.files.calendar(programme.people[caller], CalendarQuery())
        events = icalendar.Calendar.from_ical(file.data).walk("VEVENT")
        counts[caller] = len(events)
        assert all("Contact" in str(event["summary"]) for event in events)
    assert counts == {"ana": 1, "cora": 2}


async def test_reports_are_read_one_after_the_other_so_that_everybody_else_can_read(
    programme: Programme, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = most_at_once = 0
    batches = hours_report.ReadingReport.batches

    async def counted(reading: hours_report.ReadingReport) -> AsyncIterator[list[hours_report.ReportRow]]:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        async for rows in batches(reading):
            yield rows
        at_once -= 1

    monkeypatch.setattr(hours_report.ReadingReport, "batches", counted)
    ana, mia, cora = (programme.people[name] for name in ("ana", "mia", "cora"))
    files = await asyncio.gather(
        hours.files.report(cora, YEAR, "csv"),
        *(hours.files.statement(person, person.person_id, StatementQuery()) for person in (ana, mia)),
    )
    assert len(files) == 3
    assert most_at_once == 1


async def test_one_file_at_a_time_is_made_for_each(programme: Programme, hours: Hours) -> None:
    cora = programme.people["cora"]
    outcomes = await asyncio.gather(*(hours.files.report(cora, YEAR, "csv") for _ in range(3)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, UserError)]
    assert len(refused) == 2
    assert {one.code for one in refused} == {ErrorCode.TOO_MANY}
    assert (await hours.files.report(cora, YEAR, "csv")).data
