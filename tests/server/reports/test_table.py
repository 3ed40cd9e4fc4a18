import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from protocol.hours import EntryState
from server.reports.rows import Counting, Entry
from server.reports.table import COLUMNS, to_csv
from tests.server.reports.reporting import ABOUT, ALL, HOSTILE, MEETING, VISIT


def read(*entries: Entry, **about: Any) -> list[dict[str, str]]:
    data = b"".join(to_csv(replace(ABOUT, **about), entries)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(data, newline=""), strict=True))


def test_an_entry_is_a_row_of_words_numbers_and_instants() -> None:
    assert read(MEETING) == [
        {
            "day": "2026-11-02",
            "pair_kind": "mentor",
            "mentor": "Ana Pérez",
            "mentee": "Tom O’Neil",
            "contact_type": "conference",
            "state": "confirmed",
            "measured_ms": "1830500",
            "credited_minutes": "31",
            "counted_minutes": "31",
            "room": "Morning Round-up",
            "meeting_opened_at": "2026-11-02T09:00:00-06:00",
            "text": "",
            "entry_id": "entry1",
            "pair_id": "pair1",
            "log_number": "17",
        }
    ]


def test_what_was_entered_by_hand_has_no_meeting() -> None:
    [row] = read(VISIT)
    assert [row[name] for name in ("measured_ms", "room", "meeting_opened_at")] == ["", "", ""]
    assert row["text"] == "Watched two lessons in her school."


def test_only_what_is_far_enough_counts() -> None:
    assert [row["counted_minutes"] for row in read(*ALL)] == ["31", "95", "0", "0", "0"]
    counting = Counting(counts_from=EntryState.PROPOSED)
    assert [row["counted_minutes"] for row in read(*ALL, counting=counting)] == ["31", "95", "20", "0", "0"]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = 1_793_511_000_000  # 00:30 in Chicago on the day on which the clocks go back at 02:00
    rows = read(*[replace(MEETING, day=date(2026, 11, 1), meeting_opened_at=first + n * 3_600_000) for n in range(4)])
    assert [row["meeting_opened_at"][11:] for row in rows] == [
        "00:30:00-05:00",
        "01:30:00-05:00",
        "01:30:00-06:00",
        "02:30:00-06:00",
    ]


def test_no_entries_are_a_head() -> None:
    assert b"".join(to_csv(ABOUT, [])) == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_names_look_like_they_are_one_cell_of_text(text: str) -> None:
    [row, after] = read(replace(MEETING, mentor=text, mentee=text, room=text, text=text), VISIT)
    assert not {row[name][:1] for name in ("mentor", "mentee", "room", "text")} & set("=+-@\t\r\uff1d")
    assert row["entry_id"] == "entry1"
    assert after["entry_id"] == "entry2"
    assert not [c for c in row["mentor"] if ord(c) < 32 and c not in "\t\n"]
