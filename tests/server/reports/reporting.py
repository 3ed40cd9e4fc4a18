"""Reports to make files from."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from protocol.hours import ContactType, EntryState, PairKind, Standing
from server.reports.rows import About, Entry, LogHead, Pair

CHICAGO = ZoneInfo("America/Chicago")
HEAD = LogHead(12_345, "0123456789abcdef" * 4)
ABOUT = About(
    programme="MoVIP elementary",
    first_day=date(2026, 8, 1),
    last_day=date(2026, 12, 31),
    zone=CHICAGO,
    made_at=datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC),
    made_by="Coral Ochoa",
    head=HEAD,
)
PAIR = Pair(
    pair_id="pair1",
    kind=PairKind.MENTOR,
    mentor="Ana Pérez",
    mentee="Tom O’Neil",
    starts_on=date(2026, 8, 17),
    standing=Standing.ON_TRACK,
)
OTHER_PAIR = Pair(
    pair_id="pair2",
    kind=PairKind.CONTENT_BUDDY,
    mentor="Ana Pérez",
    mentee="Žofie Nováková",
    starts_on=date(2026, 8, 17),
    ends_on=date(2026, 12, 18),
    standing=Standing.OVERDUE,
)
MEETING = Entry(
    entry_id="entry1",
    number=17,
    pair_id="pair1",
    pair_kind=PairKind.MENTOR,
    mentor="Ana Pérez",
    mentee="Tom O’Neil",
    day=date(2026, 11, 2),
    contact_type=ContactType.CONFERENCE,
    state=EntryState.CONFIRMED,
    measured_ms=1_830_500,
    credited_minutes=31,
    room="Morning Round-up",
    meeting_opened_at=1_793_631_600_000,
)
"""At 09:00 on November 2, 2026, in Chicago."""
VISIT = replace(
    MEETING,
    entry_id="entry2",
    number=18,
    day=date(2026, 11, 4),
    contact_type=ContactType.VISIT,
    measured_ms=None,
    credited_minutes=95,
    room=None,
    meeting_opened_at=None,
    text="Watched two lessons in her school.",
)
WAITING = replace(MEETING, entry_id="entry3", number=19, state=EntryState.PROPOSED, credited_minutes=20)
DISPUTED = replace(MEETING, entry_id="entry4", number=20, state=EntryState.DISPUTED, text="I left at ten.")
WITHDRAWN = replace(VISIT, entry_id="entry5", number=21, state=EntryState.WITHDRAWN)
ALL = (MEETING, VISIT, WAITING, DISPUTED, WITHDRAWN)

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "x;=1+1;y",
    "x\n=1",
    "\uff1d1",
    '<r><t>x</t></is></c><c r="A1"><f>1+1</f></c></r>',
    "_x0041_",
    "a\0b\x01\x1b\x7f\x85c",
    "\u202egnp.exe\u202c",
    "half \ud800 a pair",
    "\ufffe\uffff",
    "😀👩🏽‍🏫 漢字 عربى",
    "first\r\nsecond\u2028third",
    '"quoted", and & <b>',
    "x" * 10_000,
    "😀" * 20_000,
    " ",
    "",
)


def school_year(count: int) -> Iterator[Entry]:
    """Yield entries of 1,000 pairs."""
    first = date(2026, 8, 17)
    for number in range(count):
        pair = number % 1_000
        day = number // 1_000
        yield replace(
            MEETING,
            entry_id=f"{number:032x}",
            number=number + 1,
            pair_id=f"pair{pair}",
            mentor=f"Mentor {pair % 80}",
            mentee=f"Mentee {pair}",
            day=first + timedelta(days=day),
            measured_ms=1_800_000 + number,
            meeting_opened_at=1_786_975_200_000 + day * 86_400_000,
        )


def printed(data: bytes) -> list[str]:
    """Return the text of each page of a PDF, without spaces."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(data), strict=True).pages]


def placed(data: bytes) -> list[tuple[int, str, float, float]]:
    """Return the pieces of text of a PDF: page, text, and where it begins, in points from the bottom left."""
    found: list[tuple[int, str, float, float]] = []
    for number, page in enumerate(PdfReader(BytesIO(data), strict=True).pages, 1):

        def visit(text: str, _: object, at: list[float], *rest: object, number: int = number) -> None:
            if text.strip():
                found.append((number, text.strip(), at[4], at[5]))

        page.extract_text(visitor_text=visit)
    return found


def stick_out(data: bytes) -> list[str]:
    """Return what begins outside of a PDF's pages, or where printers do not reach."""
    [(width, height)] = {(p.mediabox.width, p.mediabox.height) for p in PdfReader(BytesIO(data)).pages}
    return [text for _, text, x, y in placed(data) if not (24 <= x <= width - 24 and 24 <= y <= height - 24)]
