"""Pairs as they stand, kept between looks: always the same as looked at anew, on both kinds of database."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import text

from protocol.hours import EntryAction, OpenEntries, PairKind, Side
from protocol.hours_queries import ProgrammeQuery
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.hours.log.rows import Entry, Step
from server.hours.overview import Overviews
from server.hours.policy import CountsFrom, HoursPolicy
from server.hours.rules import ContactRule, MeetingsRule, MinutesRule, Per, PlanRule
from server.hours.rules import Step as PlanStep
from server.hours.selection import select, summarised
from server.store.hours_figures import HoursFiguresRepository
from server.store.pairs import PairEntry, PairRepository
from server.store.people import Entry as NewPerson
from server.store.people import PeopleRepository
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import TODAY, Programme

NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000
NOTHING_OPEN = OpenEntries(disputed_count=0, unanswered_count=0, confirmed_count=0)
LONG = ProgrammeQuery(first_day=TODAY - timedelta(days=60), last_day=TODAY)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def create(programme: Programme, clock: ManualClock) -> Overviews:
    return Overviews(RequirementRepository(programme.database), HoursFiguresRepository(programme.database), clock)


def follows(entry: Entry, action: EntryAction, side: Side, **changes: object) -> Step:
    fields = {"action": action, "side": side, "author_id": entry.latest.mentor_id, "text": None} | changes
    return Step(**({name: getattr(entry.latest, name) for name in Step.__slots__} | fields))


async def test_whatever_happens_it_is_as_looked_at_anew(programme: Programme, clock: ManualClock) -> None:
    overviews = create(programme, clock)
    requirements, pairs = RequirementRepository(programme.database), PairRepository(programme.database)
    seen: list[bytes] = []

    async def look() -> None:
        kept, anew = await overviews.of_all(), await create(programme, clock).of_all()
        said, wanted = (msgspec.json.encode(summarised(select(one, LONG), NOTHING_OPEN)) for one in (kept, anew))
        assert said == wanted
        assert all(kept.books[pair_id].status == book.status for pair_id, book in anew.books.items())
        one_by_one = {pair_id: (await overviews.of_pair(pair_id)).books[pair_id].status for pair_id in anew.books}
        assert one_by_one == {pair_id: book.status for pair_id, book in anew.books.items()}
        assert not seen or said != seen[-1], "the step changes nothing that shows"
        seen.append(said)

    await look()
    await requirements.add_requirement("Contact", ContactRule(every_days=14), actor="test", at=1)
    await look()
    [entry] = await programme.append(programme.entered("e1"))
    await look()
    [entry] = await programme.append(follows(entry, EntryAction.CONFIRMED, Side.MENTOR, at=5_000_000))
    await look()
    await programme.append(programme.entered("e2", mentee="ben", day=TODAY - timedelta(days=20)))
    await look()
    await requirements.set_policy(HoursPolicy(counts_from=CountsFrom.PROPOSED), actor="test", at=1)
    await look()
    clock.advance(days=1)
    await look()
    await programme.append(follows(entry, EntryAction.ADJUSTED, Side.MENTOR, credited_minutes=7))
    clock.advance(days=20)
    await look()
    await pairs.add_leave(programme.pairs["ana"], TODAY, TODAY + timedelta(days=30), None, actor="test", at=1)
    await look()
    await requirements.add_requirement("Hours", MinutesRule(minutes=60, per=Per.WEEK), actor="test", at=1)
    await programme.append(follows(entry, EntryAction.WITHDRAWN, Side.COORDINATOR))
    await look()


async def test_a_pair_that_is_taken_out_is_gone_at_the_next_look(programme: Programme, clock: ManualClock) -> None:
    overviews, pairs = create(programme, clock), PairRepository(programme.database)
    await programme.append(programme.entered("e1"))
    assert (await overviews.of_all()).books.keys() == set(programme.pairs.values())
    with pytest.raises(UserError, match="stands in the hours log: say when it is over by `roundup pairs end`"):
        await pairs.remove(programme.pairs["ana"], actor="test", at=1)
    await pairs.remove(programme.pairs["ben"], actor="test", at=1)
    assert (await overviews.of_all()).books.keys() == {programme.pairs["ana"]}
    assert (await overviews.of_person(programme.person_id("ben"))).books == {}


async def test_who_becomes_a_pair_between_two_reads_has_their_entries(
    programme: Programme, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    overviews = create(programme, clock)
    await overviews.of_all()
    reads = 0

    async def pair_up() -> str:
        pairs = PairRepository(programme.database)
        pair = PairEntry(kind=PairKind.MENTOR, mentor="mia@school.example", mentee="ben@school.example")
        await pairs.add([pair], actor="test", at=1)
        [pair_id] = {one.pair_id for one in await pairs.list_pairs()} - set(programme.pairs.values())
        return pair_id

    def watch(kind: type, name: str) -> None:
        read = getattr(kind, name)

        async def watched(*args: object, **options: object) -> object:
            nonlocal reads
            reads += 1
            if reads == 2:
                programme.pairs["ben"] = await pair_up()
                await programme.append(programme.entered("e", mentee="ben", minutes=20))
            return await read(*args, **options)

        monkeypatch.setattr(kind, name, watched)

    watch(RequirementRepository, "load")
    watch(HoursFiguresRepository, "lines")
    await overviews.of_all()
    assert reads == 2
    found = (await overviews.of_all()).books[programme.pairs["ben"]]
    assert found.entries == (await create(programme, clock).of_all()).books[programme.pairs["ben"]].entries


async def test_figures_are_what_the_entries_come_to(programme: Programme, clock: ManualClock) -> None:
    for number in range(12):
        mentee = "ana" if number % 3 else "ben"
        day = TODAY - timedelta(days=3 * number)
        [entry] = await programme.append(programme.entered(f"e{number}", mentee=mentee, minutes=10 + number, day=day))
        if number % 2:
            await programme.append(follows(entry, EntryAction.CONFIRMED, Side.MENTOR, at=1_000 + number * 3_600_000))
        if number == 4:
            await programme.append(follows(entry, EntryAction.DISPUTED, Side.MENTOR, text="No."))
    overview = await create(programme, clock).of_all()
    wanted = ProgrammeQuery(first_day=TODAY - timedelta(days=27), last_day=TODAY - timedelta(days=3))
    found = summarised(select(overview, wanted), NOTHING_OPEN)
    inside = range(1, 10)
    assert found.credited_minutes == sum(10 + number for number in inside if number % 2)
    assert found.waiting_minutes == sum(10 + number for number in inside if number % 2 == 0 and number != 4)
    assert found.disputed_count == 1
    assert sum(one.credited_minutes for one in found.pairs) == found.credited_minutes
    assert [one.meeting_count for one in found.pairs if one.status.mentee.name == "ben"] == [2]
    of_weeks = [contact for week in found.weeks for contact in week.contacts]
    assert sum(one.credited_minutes for one in of_weeks) == found.credited_minutes
    assert found.weeks[0].first_day == "2026-11-02"
    assert all(date.fromisoformat(week.first_day).weekday() == 0 for week in found.weeks)
    # Confirmed after 1, 3, 5, 7 and 9 hours.
    assert (found.answers.median_hours, found.answers.slow_hours, found.answers.answered_count) == (5.0, 9.0, 5)
    assert (found.answers.open_count, found.answers.oldest_open_on) == (3, (TODAY - timedelta(days=24)).isoformat())


async def test_an_entry_of_no_minutes_is_no_contact(programme: Programme, clock: ManualClock) -> None:
    requirements = RequirementRepository(programme.database)
    for name, rule in (
        ("Contact", ContactRule(every_days=14)),
        ("Meetings", MeetingsRule(meetings=1, per=Per.YEAR)),
        ("Plan", PlanRule(steps=(PlanStep(name="First", day=3_000),))),
    ):
        await requirements.add_requirement(name, rule, pair_id=programme.pairs["ana"], actor="test", at=1)
    [entry] = await programme.append(programme.entered("e"))
    [entry] = await programme.append(
        follows(entry, EntryAction.ADJUSTED, Side.MENTEE, credited_minutes=0, text="We did not meet.")
    )
    await programme.append(follows(entry, EntryAction.CONFIRMED, Side.MENTOR, at=2_000))
    found = summarised(select(await create(programme, clock).of_all(), LONG), NOTHING_OPEN)
    [summary] = [one for one in found.pairs if one.status.pair_id == programme.pairs["ana"]]
    assert (summary.meeting_count, summary.status.last_contact_on, found.contacts) == (0, None, ())
    done = {one.name: one.done for one in summary.status.requirements}
    assert done["Meetings"] == done["Plan"] == 0
    assert done["Contact"] > 14


async def test_what_was_done_counts_also_where_the_pair_was_ended_as_of_before(
    programme: Programme, clock: ManualClock
) -> None:
    [entry] = await programme.append(programme.entered("e"))
    await programme.append(follows(entry, EntryAction.CONFIRMED, Side.MENTOR, at=2_000))
    long_ago = TODAY - timedelta(days=90)
    await PairRepository(programme.database).end(programme.pairs["ana"], long_ago, actor="test", at=1)
    await PairRepository(programme.database).end(programme.pairs["ben"], long_ago, actor="test", at=1)
    found = summarised(select(await create(programme, clock).of_all(), LONG), NOTHING_OPEN)
    assert found.credited_minutes == entry.latest.credited_minutes
    assert [one.status.pair_id for one in found.pairs] == [programme.pairs["ana"]]


@pytest.mark.parametrize(
    ("sought", "count"),
    [("nunez", 1), ("NÚÑEZ  josé", 1), (" jo nu ", 1), ("", 2), ("nunez ana", 0), ("o'neill soren", 1)],
)
async def test_a_name_is_found_by_its_parts_without_accents(
    programme: Programme, clock: ManualClock, sought: str, count: int
) -> None:
    people = PeopleRepository(programme.database)
    jose = NewPerson("ben@school.example", "José Núñez Sørensen-O’Neill", ProgrammeRole.TEACHER)
    await people.enrol([jose], [], actor="test", at=1)
    found = select(await create(programme, clock).of_all(), ProgrammeQuery(q=sought))
    assert len(found.books) == count


async def test_entries_that_were_made_anew_show_although_the_log_has_not_gone_on(
    programme: Programme, clock: ManualClock
) -> None:
    overviews = create(programme, clock)
    await programme.append(programme.entered("e1", minutes=30))

    async def waiting() -> int:
        return summarised(select(await overviews.of_all(), LONG), NOTHING_OPEN).waiting_minutes

    async with programme.database.session() as session:
        await session.execute(text("UPDATE hours_entry SET credited_minutes = 500"))
    assert await waiting() == 500
    assert (await programme.log.rebuild("", 10)).changed == ("e1",)
    assert await waiting() == 30
    kept = await overviews.of_all()
    assert (await programme.log.rebuild("", 10)).changed == ()
    assert (await overviews.of_all()).state == kept.state


async def test_the_first_look_is_had_before_anybody_looks(programme: Programme, clock: ManualClock) -> None:
    await programme.append(programme.entered("e1", minutes=30))
    overviews = create(programme, clock)
    overviews.start()
    [look] = [task for task in asyncio.all_tasks() if task.get_name() == "hours: first look"]
    await look
    kept = overviews._kept
    assert kept is not None
    assert (await overviews.of_all()).books[programme.pairs["ana"]] is kept.books[programme.pairs["ana"]]
    await overviews.close()
