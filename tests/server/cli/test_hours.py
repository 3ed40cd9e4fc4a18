"""`roundup hours`, on both kinds of database."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from server.cli.hours import MAX_LISTED
from server.hours.proposer import Proposer
from server.store.attendance import AttendanceRepository
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository
from server.store.location import Location
from tests.support.clock import ManualClock
from tests.support.command import ROOT, Outcome, roundup
from tests.support.hours import TODAY, Programme
from tests.support.postgresql import text_of

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000


def hours(location: Location, *args: str) -> Outcome:
    data_dir, database_url = text_of(location)
    return roundup("hours", *args, ROUNDUP_DATA_DIR=data_dir, ROUNDUP_DATABASE_URL=database_url)


def within(location: Location, work: Callable[[Programme], Awaitable[None]]) -> None:
    async def run() -> None:
        database = await Database.open(location)
        try:
            programme = Programme(database)
            await programme.set_up()
            await work(programme)
        finally:
            await database.close()

    asyncio.run(run())


def sql(location: Location, *statements: str) -> None:
    async def run() -> None:
        database = await Database.open(location)
        async with database.session() as session:
            for statement in statements:
                await session.execute(text(statement))
        await database.close()

    asyncio.run(run())


async def enter(programme: Programme) -> None:
    for number in range(5):
        [entry] = await programme.append(programme.entered(f"e{number}"))
        await programme.append(programme.confirmed(entry))


async def append_one(programme: Programme) -> None:
    await programme.append(programme.entered("later"))


async def meet(programme: Programme) -> None:
    """Have Mia and Ana meet, and meanwhile open a second room; and have both meetings entered."""
    for number, times in enumerate(([(0, HOUR)], [(0, 2 * HOUR)])):
        opened_at = NOON + number * HOUR // 2
        await programme.add_meeting(f"m{number}", opened_at, opened_at + 2 * HOUR, mia=times, ana=times)
    facts, attendance = HoursFactsRepository(programme.database), AttendanceRepository(programme.database)
    proposer = Proposer(programme.log, facts, attendance, ManualClock())
    for meeting_id in ("m0", "m1"):
        await proposer.on_meeting_recorded(meeting_id)
        await attendance.mark_recorded(meeting_id, 1)


@pytest.fixture
def log(location: Location) -> Location:
    """Return where there is a log of ten rows."""
    within(location, enter)
    return location


def test_a_log_as_it_was_written_is_said_to_be_so(log: Location) -> None:
    found = json.loads(hours(log, "verify", "--json").out)
    head = found.pop("head")
    assert found == {
        "is_intact": True,
        "rows": 10,
        "noted_row": None,
        "erased_texts": 0,
        "broken_row": None,
        "changed_entries": [],
        "text": None,
    }
    outcome = hours(log, "verify")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"The hours log is as it was written: 10 rows.\nTo be noted elsewhere: {head}\n"


def test_an_empty_log_is_whole_and_its_hash_can_be_noted(location: Location) -> None:
    async def nothing(_: Programme) -> None: ...

    within(location, nothing)
    empty = json.loads(hours(location, "verify", "--json").out)
    assert (empty["is_intact"], empty["rows"], empty["head"]) == (True, 0, "0" * 64)
    assert hours(location, "verify").out == "The hours log is empty: there is nothing to be checked yet.\n"
    within(location, enter)
    assert json.loads(hours(location, "verify", "--json", "--head", empty["head"]).out)["noted_row"] == 0


def test_the_first_row_that_is_wrong_is_named(log: Location) -> None:
    sql(log, "UPDATE hours_log SET credited_minutes = 90 WHERE number IN (7, 9)")
    outcome = hours(log, "verify")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "roundup: Row 7 is not what was written after row 6. What comes before, 6 rows, is as it was written.\n"
    )
    found = hours(log, "verify", "--json")
    assert found.code == 1
    assert json.loads(found.out) | {"head": ""} == {
        "is_intact": False,
        "rows": 6,
        "head": "",
        "noted_row": None,
        "erased_texts": 0,
        "broken_row": 7,
        "changed_entries": [],
        "text": outcome.err.removeprefix("roundup: ").strip(),
    }


def test_a_hash_that_was_noted_shows_that_the_newest_rows_are_gone(log: Location) -> None:
    noted = json.loads(hours(log, "verify", "--json").out)["head"]
    within(log, append_one)
    outcome = hours(log, "verify", "--head", noted.upper())
    assert outcome.code == 0
    assert "The hash that was noted is that of row 10.\n" in outcome.out
    before_all = hours(log, "verify", "--head", "0" * 64)
    assert before_all.code == 0
    assert "The hash that was noted is that of the empty log.\n" in before_all.out
    # An entry knows of its newest row; who makes that anew, too, is found out by the hash only.
    sql(log, "DELETE FROM hours_log WHERE number >= 10")
    assert hours(log, "verify").err.startswith("roundup: Row 10 is missing: row 11 was there, as an entry knows. ")
    assert hours(log, "rebuild").code == 0
    assert hours(log, "verify").code == 0
    outcome = hours(log, "verify", "--head", noted)
    assert outcome.code == 1
    assert outcome.err == (
        f"roundup: No row has the hash {noted}: the log has lost its newest rows since, or was made anew.\n"
    )


def test_entries_that_are_not_what_the_log_says_are_named(log: Location) -> None:
    sql(
        log,
        "UPDATE hours_entry SET credited_minutes = 900 WHERE entry_id = 'e3'",
        "DELETE FROM hours_entry WHERE entry_id = 'e1'",
    )
    outcome = hours(log, "verify")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "roundup: The log is as it was written, but 2 entries are not what it says: e1, e3. "
        "`roundup hours rebuild` makes them anew from it.\n"
    )
    found = json.loads(hours(log, "verify", "--json").out)
    assert (found["is_intact"], found["rows"], found["changed_entries"]) == (False, 10, ["e1", "e3"])
    assert hours(log, "rebuild").code == 0
    assert hours(log, "verify").code == 0


@pytest.mark.parametrize("head", ["12", "x" * 64, "'; --"])
def test_what_is_no_hash_is_refused(log: Location, head: str) -> None:
    outcome = hours(log, "verify", "--head", head)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "roundup: --head is a hash as verify prints it: 64 digits and letters a to f.\n"


def test_where_there_is_no_data_there_is_no_log(tmp_path: Path) -> None:
    outcome = hours(tmp_path, "verify")
    assert (outcome.code, outcome.out) == (2, "")


def test_derived_rows_are_made_anew_and_are_what_they_were(location: Location) -> None:
    within(location, meet)
    first = json.loads(hours(location, "rebuild", "--json").out)
    assert first == {
        "entries": 2,
        "entries_changed": 0,
        "meetings": 2,
        "meetings_changed": 2,
        "differences": [],
        "proposed": 0,
    }
    outcome = hours(location, "rebuild")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "2 entries made anew, 0 of them changed.\nAttendance of 2 meetings made anew, 0 of them changed.\n"
        "All entries say of their meetings what was recorded.\n"
    )
    sql(location, "DELETE FROM hours_entry", "UPDATE attendance SET present_ms = 7 WHERE meeting_id = 'm1'")
    again = json.loads(hours(location, "rebuild", "--json").out)
    assert (again["entries_changed"], again["meetings_changed"], again["differences"]) == (2, 1, [])
    assert json.loads(hours(location, "rebuild", "--json").out) == first | {"meetings_changed": 0}


def test_entries_that_say_otherwise_than_presence_are_named_and_left(location: Location) -> None:
    within(location, meet)
    sql(location, "UPDATE presence_event SET at = at - 60000 WHERE kind = 'left' AND at <= 1796043600000")
    found = json.loads(hours(location, "rebuild", "--json").out)["differences"]
    assert sorted((one["meeting_id"], one["kept_ms"], one["found_ms"]) for one in found) == [
        ("m0", HOUR, HOUR - 60_000),
        ("m1", HOUR + HOUR // 2, HOUR + HOUR // 2 + 60_000),
    ]
    outcome = hours(location, "rebuild")
    assert "2 entries say otherwise than what was recorded:\n" in outcome.out
    [entry] = [one["entry_id"] for one in found if one["meeting_id"] == "m0"]
    told = f"\n  {TODAY}  mia with ana: 3600.000 s in the log, 3540.000 s recorded, entry {entry}\n"
    assert told in outcome.out
    assert json.loads(hours(location, "verify", "--json").out)["rows"] == 2


def test_what_pairs_did_before_they_were_added_is_proposed_when_asked_for(location: Location) -> None:
    async def meet_unseen(programme: Programme) -> None:
        await meet(programme)
        await programme.add_meeting("m2", NOON + DAY, NOON + DAY + HOUR, mia=[(0, HOUR)], ana=[(0, HOUR)])
        await AttendanceRepository(programme.database).mark_recorded("m2", 1)

    within(location, meet_unseen)
    sql(location, "UPDATE presence_event SET at = at - 60000 WHERE kind = 'left' AND at <= 1796043600000")
    outcome = hours(location, "rebuild")
    assert "\n2 entries say otherwise than what was recorded:\n" in outcome.out
    assert "\n1 time together has no entry:\n  2026-12-01  mia with ana: 3600.000 s, meeting m2\n" in outcome.out
    assert outcome.out.endswith("they met, or they or the rules were changed since. --propose proposes it.\n")
    assert json.loads(hours(location, "verify", "--json").out)["rows"] == 2
    outcome = hours(location, "rebuild", "--propose")
    assert "\n1 entry proposed:\n  2026-12-01  mia with ana: 60 minutes\n2 entries say otherwise " in outcome.out
    assert "3600.000 s in the log, 3540.000 s recorded" in outcome.out, "what there is stays as it is"
    assert json.loads(hours(location, "verify", "--json").out)["rows"] == 3
    again = json.loads(hours(location, "rebuild", "--propose", "--json").out)
    assert (again["proposed"], {one["meeting_id"] for one in again["differences"]}) == (0, {"m0", "m1"})


def test_of_many_the_first_are_printed_and_where_the_others_are_found(location: Location) -> None:
    async def meet_often(programme: Programme) -> None:
        for number in range(MAX_LISTED + 2):
            times = [(0, HOUR)]
            opened_at = NOON - number * DAY
            await programme.add_meeting(f"m{number}", opened_at, opened_at + HOUR, mia=times, ana=times)
            await AttendanceRepository(programme.database).mark_recorded(f"m{number}", 1)

    within(location, meet_often)
    assert "  ... and 2 more (--json has all)\n" in hours(location, "rebuild").out
    assert "  ... and 2 more (`roundup audit list` has all)\n" in hours(location, "rebuild", "--propose").out
    data_dir, database_url = text_of(location)
    trail = roundup("audit", "list", ROUNDUP_DATA_DIR=data_dir, ROUNDUP_DATABASE_URL=database_url).out
    assert trail.count("hours_proposed") == MAX_LISTED + 2


def test_what_counts_in_a_meeting_that_goes_on_is_missed_nowhere(location: Location) -> None:
    async def meet_beside(programme: Programme) -> None:
        times = [(0, HOUR)]
        await programme.add_meeting("lounge", NOON, None, mia=times, ana=times)
        await programme.add_meeting("m", NOON + 1, NOON + HOUR, mia=[(0, HOUR - 1)], ana=[(0, HOUR - 1)])
        await AttendanceRepository(programme.database).mark_recorded("m", 1)

    within(location, meet_beside)
    found = json.loads(hours(location, "rebuild", "--json").out)
    assert (found["meetings"], found["meetings_changed"], found["differences"]) == (1, 1, [])


def test_what_is_on_another_day_in_the_log_is_named_and_not_proposed(location: Location) -> None:
    within(location, meet)
    sql(location, "UPDATE programme SET time_zone = 'Pacific/Kiritimati'")
    outcome = hours(location, "rebuild", "--propose")
    assert "\n0 entries proposed.\n2 entries say otherwise than what was recorded:\n" in outcome.out
    assert "\n2 times together have no entry:\n  2026-12-01  mia with ana: 3600.000 s, meeting m0\n" in outcome.out
    assert "\nThat is not proposed: the log has it on another day of the same meeting.\n" in outcome.out
    assert json.loads(hours(location, "verify", "--json").out)["rows"] == 2


def test_who_sits_before_a_terminal_sees_how_far_it_is(log: Location) -> None:
    data_dir, database_url = text_of(log)
    primary, terminal = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ROUNDUP_")}
    done = subprocess.run(
        [sys.executable, "-m", "server", "hours", "verify"],
        cwd=ROOT,
        env=inherited | {"ROUNDUP_DATA_DIR": data_dir, "ROUNDUP_DATABASE_URL": database_url, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=60,
        check=True,
    )
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # the other end is closed
        while more := os.read(primary, 4_096):
            shown += more
    os.close(primary)
    assert b"Verifying" in shown
    assert b"100%" in shown
    assert done.stdout.startswith(b"The hours log is as it was written: 10 rows.")


def test_entries_are_written_to_a_file_and_pairs_listed(location: Location, tmp_path: Path) -> None:
    within(location, enter)
    days = ("--from", "2026-08-01", "--to", "2026-11-30")
    for ending in ("csv", "xlsx"):
        done = hours(location, "export", str(tmp_path / f"hours.{ending}"), *days)
        assert done.code == 0, done
    lines = (tmp_path / "hours.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 5
    found = json.loads(hours(location, "report", *days, "--json").out)
    assert found["credited_minutes"] == 5 * 30
    listed = hours(location, "report", *days).out.splitlines()
    assert listed[0] == "2026-08-01 to 2026-11-30: 2 pairs, 2:30 h, 0:00 h not confirmed, 0 entries disputed"
    assert listed[2].split() == ["-", "2:30", "h", "last", "on", "2026-11-30", "mia", "with", "ana"]


def test_an_export_of_another_kind_is_refused_in_one_sentence(location: Location, tmp_path: Path) -> None:
    within(location, enter)
    done = hours(location, "export", str(tmp_path / "hours.doc"))
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert ".csv or .xlsx" in done.err
