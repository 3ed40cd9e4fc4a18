"""Many rows come to the same in values as one after the other in objects."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType, EntryAction, Side
from server.hours.log.heads import Head, Line, head_of, heads_of
from server.hours.log.rows import LogRow, Step, fold
from tests.server.hours.log.rows import PROPOSED, chained, step

LATER = st.builds(
    step,
    st.sampled_from([each for each in EntryAction if each not in (EntryAction.PROPOSED, EntryAction.ENTERED)]),
    st.sampled_from(Side),
    at=st.integers(0, 9),
    mentor_id=st.sampled_from(["person_m", "person_s"]),
    contact_type=st.sampled_from([ContactType.CONFERENCE, ContactType.PHONE]),
    measured_ms=st.none() | st.integers(0, 2),
    credited_minutes=st.integers(0, 2),
)
FIRST = st.sampled_from([PROPOSED, step(EntryAction.ENTERED, Side.MENTEE), step(EntryAction.ENTERED, Side.COORDINATOR)])
ENTRIES = st.lists(st.tuples(FIRST, st.lists(LATER, max_size=8)), max_size=4)


def line(row: LogRow) -> Line:
    values = {"number": row.number} | {name: getattr(row.step, name) for name in Line._fields if name != "number"}
    return Line._make(values[name] for name in Line._fields)._replace(
        action=row.step.action.value, side=row.step.side.value, contact_type=row.step.contact_type.value
    )


@given(ENTRIES)
def test_values_are_those_of_the_entries(entries: list[tuple[Step, list[Step]]]) -> None:
    lines: list[Line] = []
    wanted: list[Head] = []
    for number, (first, later) in enumerate(entries):
        rows = chained([replace(one, entry_id=f"entry_{number}") for one in (first, *later)])
        entry = fold(rows)
        assert entry is not None
        wanted.append(head_of(entry))
        lines += map(line, rows)
    assert list(heads_of(lines)) == wanted
