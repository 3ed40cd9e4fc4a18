from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from server.reports.calendar import to_calendar
from server.reports.labels import SPANISH
from server.reports.rows import DueItem
from tests.server.reports.reporting import CHICAGO, HOSTILE

MADE_AT = datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)
DAY_30 = DueItem(
    due_id="pair1.requirement1.30",
    due_on=date(2026, 12, 31),
    title="Day 30, first the plan; then a visit \\ a call: Ana Pérez with Tom O’Neil",
)


def events(data: bytes) -> list[Event]:
    calendar = Calendar.from_ical(data)
    assert isinstance(calendar, Calendar)
    return [event for event in calendar.walk("VEVENT") if isinstance(event, Event) and not event.errors]


def test_what_is_due_is_an_event_of_a_whole_day() -> None:
    [event] = events(to_calendar([DAY_30], MADE_AT))
    assert event["uid"] == "pair1.requirement1.30@roundup"
    assert event.decoded("dtstamp") == MADE_AT
    assert event.decoded("dtstart") == date(2026, 12, 31)
    assert event.decoded("dtend") == date(2027, 1, 1)
    assert event["summary"] == DAY_30.title
    assert event["transp"] == "TRANSPARENT"


def test_the_days_on_which_the_clocks_change_are_whole_days_too() -> None:
    for day in (date(2026, 3, 8), date(2026, 11, 1)):
        [event] = events(to_calendar([replace(DAY_30, due_on=day)], MADE_AT))
        assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)


def test_an_item_that_moves_stays_the_same_event() -> None:
    [before], [after] = (events(to_calendar([replace(DAY_30, due_on=date(2026, 12, day))], MADE_AT)) for day in (1, 2))
    assert before["uid"] == after["uid"]


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    data = to_calendar([replace(DAY_30, title="é😀" * 500)], MADE_AT)
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert b"\r\nDTSTAMP:20261123T150405Z\r\n" in data
    assert b"\r\nDTSTART;VALUE=DATE:20261231\r\n" in data


def test_the_same_items_are_the_same_bytes_whatever_the_time_zone() -> None:
    assert to_calendar([DAY_30], MADE_AT) == to_calendar([DAY_30], MADE_AT.astimezone(CHICAGO))


def test_a_calendar_may_be_empty_and_has_a_name() -> None:
    data = to_calendar([], MADE_AT, SPANISH)
    assert events(data) == []
    assert "\r\nNAME:Mentoría: lo que toca\r\n".encode() in data


@pytest.mark.parametrize(
    "text", [*HOSTILE, "x\r\nATTENDEE:mailto:a@b.example\r\nBEGIN:VALARM", "END:VCALENDAR", "\\n;,:"]
)
def test_text_is_never_another_property(text: str) -> None:
    data = to_calendar([replace(DAY_30, title=text), replace(DAY_30, due_id="other")], MADE_AT)
    calendar = Calendar.from_ical(data)
    assert isinstance(calendar, Calendar)
    assert [component.name for component in calendar.walk()] == ["VCALENDAR", "VEVENT", "VEVENT"]
    first, second = events(data)
    assert "attendee" not in first
    assert second["summary"] == DAY_30.title
    assert not [c for c in data.decode() if (ord(c) < 32 and c not in "\r\n\t") or c == "\x7f"]
