"""Whatever is done to a log by somebody who cannot make it anew is found, and where."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType, EntryAction, Side
from server.hours.log.chain import BEFORE_FIRST, Break, Verifier, row_hash, seal
from server.hours.log.rows import LogRow, Step
from tests.server.hours.log.rows import PROPOSED, chained

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
STEPS = st.builds(
    Step,
    entry_id=IDS,
    pair_id=IDS,
    mentor_id=IDS,
    meeting_id=st.none() | IDS,
    day=st.dates(),
    action=st.sampled_from(EntryAction),
    side=st.sampled_from(Side),
    author_id=st.none() | IDS,
    at=st.integers(0, 2**53),
    contact_type=st.sampled_from(ContactType),
    measured_ms=st.none() | st.integers(0, 2**40),
    credited_minutes=st.integers(0, 960),
    text=TEXTS,
)
LOGS = st.lists(STEPS, min_size=1, max_size=8).map(chained)


def numbered(rows: list[LogRow]) -> list[LogRow]:
    return [replace(row, number=number) for number, row in enumerate(rows, 1)]


def verify(rows: list[LogRow]) -> Break | None:
    verifier = Verifier()
    return next((found for row in rows if (found := verifier.take(row)) is not None), None)


def broken_at(rows: list[LogRow]) -> int | None:
    found = verify(rows)
    return None if found is None else found.number


def other(value: object) -> object:
    match value:
        case bool() | None:
            return 7
        case EntryAction() | Side() | ContactType():
            return next(one for one in type(value) if one != value)
        case int():
            return value + 1
        case date():
            return value.replace(day=value.day % 28 + 1)
        case _:
            return f"{value}x"


@given(LOGS)
def test_a_log_as_it_was_written_holds(rows: list[LogRow]) -> None:
    verifier = Verifier()
    assert [verifier.take(row) for row in rows] == [None] * len(rows)
    assert (verifier.count, verifier.newest) == (len(rows), rows[-1].hash)


@given(STEPS, st.integers(1, 2**53), IDS)
def test_a_hash_is_what_the_documentation_says(step: Step, number: int, salt: str) -> None:
    row = seal(step, number, BEFORE_FIRST, salt)
    said = f"{row.text_salt}\n{step.text or ''}".encode()
    members = {field.name: getattr(step, field.name) for field in fields(step) if field.name != "text"}
    members |= {"number": number, "day": step.day.isoformat(), "text_digest": hashlib.sha256(said).hexdigest()}
    plain = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert row.hash == hashlib.sha256(f"{'0' * 64}\n{plain}".encode()).hexdigest()
    assert row.text_salt == ("" if step.text is None else salt)


@given(LOGS, st.data())
def test_a_row_that_was_changed_is_found(rows: list[LogRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    name = data.draw(st.sampled_from([*(field.name for field in fields(Step)), "text_digest", "hash"]))
    if name in ("text_digest", "hash"):
        changed = replace(row, **{name: other(getattr(row, name))})  # type: ignore[arg-type]
    else:
        step = replace(row.step, **{name: other(getattr(row.step, name))})  # type: ignore[arg-type]
        changed = replace(row, step=step)
    rows[index] = changed
    assert broken_at(rows) == row.number


@given(LOGS, st.data())
def test_a_row_that_was_changed_with_its_hash_breaks_the_next_one(rows: list[LogRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    previous = rows[index - 1].hash if index else BEFORE_FIRST
    rows[index] = seal(replace(row.step, credited_minutes=row.step.credited_minutes + 1), row.number, previous, "")
    assert broken_at(rows) == (row.number + 1 if index + 1 < len(rows) else None)


@given(LOGS, st.data(), st.booleans())
def test_a_row_that_was_removed_is_found(rows: list[LogRow], data: st.DataObject, is_renumbered: bool) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    rest = rows[:index] + rows[index + 1 :]
    # The newest row is missed only by who has noted its hash.
    assert broken_at(numbered(rest) if is_renumbered else rest) == (index + 1 if index < len(rest) else None)


@given(LOGS, STEPS, st.data())
def test_a_row_that_was_inserted_is_found(rows: list[LogRow], step: Step, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    strange = seal(step, index + 1, "f" * 64, "salt")
    assert broken_at(numbered([*rows[:index], strange, *rows[index:]])) == index + 1
    # One that continues the row before it shows at the one after it.
    forged = seal(step, index + 1, rows[index - 1].hash if index else BEFORE_FIRST, "salt")
    assert broken_at(numbered([*rows[:index], forged, *rows[index:]])) == index + 2


@given(LOGS, st.data())
def test_rows_that_were_swapped_are_found(rows: list[LogRow], data: st.DataObject) -> None:
    rows = [*rows, *chained([PROPOSED])]
    rows = chained([replace(row.step, at=number) for number, row in enumerate(rows)])
    one = data.draw(st.integers(0, len(rows) - 2))
    two = data.draw(st.integers(one + 1, len(rows) - 1))
    rows[one], rows[two] = rows[two], rows[one]
    assert broken_at(numbered(rows)) == one + 1


@given(LOGS, st.data())
def test_a_text_can_be_erased_and_not_be_changed(rows: list[LogRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    erased = replace(row, step=replace(row.step, text=None), text_salt="")
    assert verify([*rows[:index], erased, *rows[index + 1 :]]) is None
    for text, salt in ((f"{row.step.text}!", row.text_salt), (row.step.text, f"{row.text_salt}!"), (None, "x")):
        changed = replace(row, step=replace(row.step, text=text), text_salt=salt)
        assert broken_at([*rows[:index], changed, *rows[index + 1 :]]) == row.number


def test_erased_texts_are_counted() -> None:
    rows = chained([PROPOSED, replace(PROPOSED, text="a"), replace(PROPOSED, text="b")])
    verifier = Verifier()
    for row in (*rows[:2], replace(rows[2], step=replace(rows[2].step, text=None), text_salt="")):
        assert verifier.take(row) is None
    assert verifier.erased == 1


def test_what_is_wrong_is_said_in_a_sentence() -> None:
    rows = chained([replace(PROPOSED, at=at, text="so") for at in range(5)])
    assert verify(rows[:2] + rows[3:]) == Break(3, "Row 3 is missing.")
    assert verify(rows[3:]) == Break(1, "Rows 1 to 3 are missing.")
    assert verify([replace(rows[0], number=0), *rows]) == Break(0, "Row 0 was inserted: rows are numbered from 1 on.")
    changed = replace(rows[2], step=replace(rows[2].step, credited_minutes=90))
    assert verify([*rows[:2], changed]) == Break(3, "Row 3 is not what was written after row 2.")
    assert verify([replace(changed, number=1)]) == Break(1, "Row 1 is not what was written after the beginning.")
    reworded = replace(rows[1], step=replace(rows[1].step, text="otherwise"))
    assert verify([rows[0], reworded]) == Break(2, "The text of row 2 is not what was written.")


@pytest.mark.parametrize("number", [1, 2, 77])
def test_a_hash_depends_on_the_number_and_on_the_row_before(number: int) -> None:
    assert row_hash(BEFORE_FIRST, number, PROPOSED, "") != row_hash(BEFORE_FIRST, number + 1, PROPOSED, "")
    assert row_hash(BEFORE_FIRST, number, PROPOSED, "") != row_hash("1" * 64, number, PROPOSED, "")
