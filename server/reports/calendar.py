"""What is due as a calendar (RFC 5545) to subscribe to or to import: one event for each thing, all day."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration

from server.reports.labels import ENGLISH, ReportLabels
from server.reports.rows import DueItem
from server.reports.text import one_line

_PRODUCT = "-//Roundup//Mentoring hours//EN"
_REFRESH_EVERY = timedelta(hours=12)


def to_calendar(items: Iterable[DueItem], made_at: datetime, labels: ReportLabels = ENGLISH) -> bytes:
    """Return a calendar; the same bytes for the same items.

    What a calendar program has already is moved, not doubled, and keeps nobody busy. `made_at` is the stamp of all
    events, in any time zone.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", labels.calendar)  # RFC 7986, section 5.1
    calendar.add("x-wr-calname", labels.calendar)  # the same for Google, Apple and Outlook
    calendar.add("refresh-interval", vDuration(_REFRESH_EVERY), parameters={"value": "DURATION"})
    for item in items:
        calendar.add_component(_event(item, made_at.astimezone(UTC)))
    return bytes(calendar.to_ical())


def _event(item: DueItem, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{item.due_id}@roundup")
    event.add("dtstamp", made_at)
    event.add("dtstart", item.due_on)
    event.add("dtend", item.due_on + timedelta(days=1))
    event.add("summary", one_line(item.title))
    event.add("transp", "TRANSPARENT")
    return event
