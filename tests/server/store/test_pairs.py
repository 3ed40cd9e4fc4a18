"""Pairs, from when to when they are, and their leave."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from protocol.hours import PairKind
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.hours.rules import ContactRule
from server.store.audit import AuditRepository
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository
from server.store.models import AuditEntryRow
from server.store.pairs import Pair, PairEntry, PairRepository, PairsRefusedError
from server.store.people import Entry, PeopleRepository
from server.store.requirements import RequirementRepository

SUNDAY = 1_750_000_000_000
"""15 June 2025, 15:06 UTC: still Sunday, everywhere but in the far east."""
ANA_BEN = PairEntry(kind=PairKind.MENTOR, mentor="ana@school.example", mentee="ben@school.example")
NAMES = ("Ana", "Ben", "Cleo", "Dan")


@pytest.fixture
async def ids(database: Database) -> dict[str, str]:
    entries = [Entry(f"{name.lower()}@school.example", name, ProgrammeRole.TEACHER) for name in NAMES]
    people = await PeopleRepository(database).enrol(entries, [], actor="operator", at=1)
    return {person.name: person.person_id for person in people}


@pytest.fixture
def pairs(database: Database, ids: dict[str, str]) -> PairRepository:
    return PairRepository(database)


async def add(pairs: PairRepository, entry: PairEntry = ANA_BEN, at: int = SUNDAY) -> Pair:
    await pairs.add([entry], actor="operator", at=at)
    pair = await pairs.find(entry.kind, entry.mentor, entry.mentee)
    assert pair is not None
    return pair


async def trail(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = await session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.entry_id))
        return [(row.action, row.detail) for row in rows if row.action != "person_added"]


async def test_a_pair_begins_today_in_the_programmes_time_zone(pairs: PairRepository, database: Database) -> None:
    assert (await add(pairs)).starts_on == date(2025, 6, 15)
    await RequirementRepository(database).set_zone("Pacific/Auckland", actor="operator", at=1)
    cleo = await add(pairs, replace(ANA_BEN, mentee="cleo@school.example"))
    assert cleo.starts_on == date(2025, 6, 16)


async def test_pairs_are_listed_by_name_with_their_days(pairs: PairRepository) -> None:
    buddies = replace(ANA_BEN, kind=PairKind.CONTENT_BUDDY, ends_on=date(2025, 9, 1))
    dan = replace(ANA_BEN, mentor="dan@school.example", starts_on=date(2024, 1, 2))
    assert await pairs.add([dan, ANA_BEN, buddies], actor="operator", at=SUNDAY) == ["added"] * 3
    listed = await pairs.list_pairs()
    assert [(one.mentor.name, one.mentee.name, one.kind.value, one.starts_on, one.ends_on) for one in listed] == [
        ("Ana", "Ben", "content_buddy", date(2025, 6, 15), date(2025, 9, 1)),
        ("Ana", "Ben", "mentor", date(2025, 6, 15), None),
        ("Dan", "Ben", "mentor", date(2024, 1, 2), None),
    ]
    assert all(one.is_present for one in listed)


async def test_a_pair_whose_mentor_is_removed_stays_with_its_hours(
    pairs: PairRepository, database: Database, ids: dict[str, str]
) -> None:
    await add(pairs)
    await PeopleRepository(database).remove(ids["Ana"], actor="operator", at=5)
    [left] = await pairs.list_pairs()
    assert not left.is_present
    with pytest.raises(PairsRefusedError, match="Nobody here has the e-mail address ana@"):
        await add(pairs)


async def test_adding_again_changes_days_and_what_changes_nothing_leaves_no_trace(
    pairs: PairRepository, database: Database
) -> None:
    first = await add(pairs)
    later = replace(ANA_BEN, starts_on=date(2025, 6, 20), ends_on=date(2025, 9, 1))
    assert await pairs.add([later], actor="operator", at=SUNDAY) == ["changed"]
    assert await pairs.add([later], actor="operator", at=SUNDAY) == ["unchanged"]
    assert await pairs.add([ANA_BEN], actor="operator", at=SUNDAY) == ["unchanged"]
    [pair] = await pairs.list_pairs()
    assert pair == replace(first, starts_on=date(2025, 6, 20), ends_on=later.ends_on)
    assert await trail(database) == [
        ("pair_added", "as mentor, from 2025-06-15 to further notice"),
        ("pair_changed", "from 2025-06-20 to 2025-09-01"),
    ]


async def test_a_list_with_mistakes_makes_no_pair_and_tells_where_they_are(pairs: PairRepository) -> None:
    wrong = [
        ANA_BEN,
        replace(ANA_BEN, mentor="eve@school.example", mentee="zoe@school.example"),
        replace(ANA_BEN, mentee="ana@school.example"),
        ANA_BEN,
        replace(ANA_BEN, mentee="cleo@school.example", ends_on=date(2025, 6, 14)),
    ]
    with pytest.raises(PairsRefusedError) as refused:
        await pairs.add(wrong, actor="operator", at=SUNDAY)
    assert refused.value.mistakes == [
        (1, "Nobody here has the e-mail address eve@school.example."),
        (1, "Nobody here has the e-mail address zoe@school.example."),
        (2, "ana@school.example cannot be a pair alone."),
        (3, "ana@school.example and ben@school.example stand there twice."),
        (4, "A pair that begins on 2025-06-15 cannot end on 2025-06-14."),
    ]
    assert await pairs.list_pairs() == []


async def test_a_pair_may_be_one_for_a_single_day(pairs: PairRepository) -> None:
    pair = await add(pairs, replace(ANA_BEN, starts_on=date(2025, 7, 1), ends_on=date(2025, 7, 1)))
    assert pair.starts_on == pair.ends_on


async def test_a_pair_ends_on_a_day_and_may_go_on(pairs: PairRepository, database: Database) -> None:
    pair = await add(pairs)
    with pytest.raises(UserError, match="2025-06-14 is before the pair's first day, 2025-06-15"):
        await pairs.end(pair.pair_id, date(2025, 6, 14), actor="operator", at=SUNDAY)
    for last_day in (date(2025, 6, 15), date(2025, 6, 15), None, None):
        await pairs.end(pair.pair_id, last_day, actor="operator", at=SUNDAY)
        assert await pairs.list_pairs() == [replace(pair, ends_on=last_day)]
    assert (await trail(database))[1:] == [
        ("pair_ended", "from 2025-06-15 to 2025-06-15"),
        ("pair_resumed", "from 2025-06-15 to further notice"),
    ]


async def test_a_pair_of_which_nothing_is_in_the_log_is_taken_out_with_all_that_is_its(
    pairs: PairRepository, database: Database, ids: dict[str, str]
) -> None:
    pair, other = await add(pairs), await add(pairs, replace(ANA_BEN, mentee="cleo@school.example"))
    requirements = RequirementRepository(database)
    for number, pair_id in enumerate((pair.pair_id, pair.pair_id, other.pair_id, None)):
        rule = ContactRule(every_days=14)
        made = await requirements.add_requirement(f"R{number}", rule, pair_id=pair_id, actor="operator", at=1)
        if number == 1:
            await requirements.remove_requirement(made.requirement_id, actor="operator", at=2)
    for each in (pair, other):
        leave_id = await pairs.add_leave(
            each.pair_id, date(2025, 7, 1), date(2025, 7, 2), ids["Dan"], actor="operator", at=2
        )
    await pairs.remove(pair.pair_id, actor="operator", at=3)
    [left] = await pairs.list_pairs()
    assert left.pair_id == other.pair_id
    assert [leave.leave_id for leave, _ in await pairs.list_leaves(with_removed=True)] == [leave_id]
    assert [one.name for one, _ in await requirements.list_requirements(with_removed=True)] == ["R2", "R3"]
    assert (await trail(database))[-2:] == [
        ("requirement_removed", "R0"),
        ("pair_removed", f"as mentor, {ids['Ana']} with {ids['Ben']}, from 2025-06-15 to further notice"),
    ]
    for name, count in (("Ana", 3), ("Ben", 3), ("Cleo", 0)):
        about = await AuditRepository(database).entries(about=ids[name], limit=99)
        assert sum(one.subject == pair.pair_id for one in about) == count
    assert (await add(pairs)).pair_id != pair.pair_id


async def test_leave_is_added_listed_and_taken_back(
    pairs: PairRepository, database: Database, ids: dict[str, str]
) -> None:
    pair = await add(pairs)
    days = date(2025, 7, 1), date(2025, 7, 14)
    second = await pairs.add_leave(pair.pair_id, date(2025, 7, 15), date(2025, 7, 15), None, actor="operator", at=2)
    first = await pairs.add_leave(pair.pair_id, *days, ids["Cleo"], actor="operator", at=3)
    listed = [leave for leave, _ in await pairs.list_leaves()]
    assert [(leave.leave_id, leave.substitute and leave.substitute.name) for leave in listed] == [
        (first, "Cleo"),
        (second, None),
    ]
    assert [listed[0].includes(date(2025, 7, day)) for day in (1, 14, 15)] == [True, True, False]
    assert await pairs.remove_leave(first, actor="operator", at=4)
    assert not await pairs.remove_leave(first, actor="operator", at=5)
    assert [leave.leave_id for leave, _ in await pairs.list_leaves()] == [second]
    assert [removed for _, removed in await pairs.list_leaves(with_removed=True)] == [4, None]
    assert [action for action, _ in await trail(database)] == [
        "pair_added",
        "leave_added",
        "leave_added",
        "leave_removed",
    ]
    await pairs.add_leave(pair.pair_id, *days, None, actor="operator", at=6)


@pytest.mark.parametrize(
    ("first", "last", "substitute", "sentence"),
    [
        (10, 9, None, "2025-07-09 is before 2025-07-10"),
        (1, 10, None, "on leave from 2025-07-10 to 2025-07-12 already"),
        (12, 20, None, "on leave from 2025-07-10 to 2025-07-12 already"),
        (11, 11, None, "on leave from 2025-07-10 to 2025-07-12 already"),
        (1, 2, "Ana", "somebody else"),
        (1, 2, "Ben", "somebody else"),
        (1, 2, "Dan", "nobody of this programme"),
    ],
)
async def test_leave_that_cannot_be_is_refused(
    pairs: PairRepository,
    database: Database,
    ids: dict[str, str],
    first: int,
    last: int,
    substitute: str | None,
    sentence: str,
) -> None:
    pair = await add(pairs)
    await PeopleRepository(database).remove(ids["Dan"], actor="operator", at=5)
    await pairs.add_leave(pair.pair_id, date(2025, 7, 10), date(2025, 7, 12), None, actor="operator", at=2)
    who = None if substitute is None else ids[substitute]
    with pytest.raises(UserError, match=sentence):
        await pairs.add_leave(pair.pair_id, date(2025, 7, first), date(2025, 7, last), who, actor="operator", at=2)
    assert len(await pairs.list_leaves()) == 1


async def test_another_pair_may_be_on_leave_on_the_same_days(pairs: PairRepository) -> None:
    for mentee in ("ben@school.example", "cleo@school.example"):
        pair = await add(pairs, replace(ANA_BEN, mentee=mentee))
        await pairs.add_leave(pair.pair_id, date(2025, 7, 10), date(2025, 7, 12), None, actor="operator", at=2)
    assert len(await pairs.list_leaves()) == 2


async def test_a_pair_comes_with_its_leave_and_knows_who_is_the_mentor_on_a_day(
    pairs: PairRepository, database: Database, ids: dict[str, str]
) -> None:
    pair = await add(pairs, replace(ANA_BEN, ends_on=date(2025, 7, 31)))
    other = await add(pairs, replace(ANA_BEN, mentee="dan@school.example"))
    july = date(2025, 7, 1), date(2025, 7, 14)
    await pairs.add_leave(pair.pair_id, *july, ids["Cleo"], actor="operator", at=2)
    await pairs.add_leave(pair.pair_id, date(2025, 7, 15), date(2025, 7, 16), None, actor="operator", at=3)
    taken_back = await pairs.add_leave(other.pair_id, *july, ids["Cleo"], actor="operator", at=4)
    await pairs.remove_leave(taken_back, actor="operator", at=5)
    [listed, without] = await pairs.list_pairs()
    june = [listed.mentor_on(date(2025, 6, day)) for day in (14, 15)]
    assert june == [None, ids["Ana"]]
    assert [listed.mentor_on(date(2025, 7, day)) for day in (1, 14, 15)] == [ids["Cleo"], ids["Cleo"], ids["Ana"]]
    assert listed.mentor_on(date(2025, 8, 1)) is None
    assert set(listed.mentors()) == {ids["Ana"], ids["Cleo"]}
    assert set(without.mentors()) == {ids["Ana"]}
    facts = HoursFactsRepository(database)
    assert await facts.pairs_among([ids["Ben"], ids["Cleo"]]) == [listed], "the substitute is one who may be there"
    assert await facts.pairs_among([ids["Dan"], ids["Cleo"]]) == []
    assert await facts.pairs([without.pair_id, "pair_x"]) == {without.pair_id: without}
    assert await facts.all_pairs() == sorted([listed, without], key=lambda one: one.pair_id)


@pytest.mark.parametrize(
    ("left_on", "substituted"), [((2025, 7, 3), [1, 3]), ((2025, 6, 30), []), ((2025, 7, 5), [1, 3, 4, 5])]
)
async def test_nobody_stands_in_after_the_substitute_has_left_the_programme(
    pairs: PairRepository,
    database: Database,
    ids: dict[str, str],
    left_on: tuple[int, int, int],
    substituted: list[int],
) -> None:
    pair = await add(pairs)
    leave_id = await pairs.add_leave(
        pair.pair_id, date(2025, 7, 1), date(2025, 7, 5), ids["Cleo"], actor="operator", at=2
    )
    at = int(datetime(*left_on, 12, tzinfo=UTC).timestamp()) * 1_000
    await PeopleRepository(database).remove(ids["Cleo"], actor="operator", at=at)
    [listed] = await pairs.list_pairs()
    days = [date(2025, 7, day) for day in (1, 3, 4, 5)]
    assert [day.day for day in days if listed.mentor_on(day) == ids["Cleo"]] == substituted
    stopped = {day for first, last in listed.stopped_days() for day in days if first <= day <= last}
    assert [day.day for day in days if day not in stopped] == substituted, "clocks stand still then"
    assert {leave.leave_id for leave in listed.leaves} == {leave_id}
    assert len(await pairs.list_leaves()) == 1
