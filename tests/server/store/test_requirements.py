"""Terms, time zone, policy and requirements, and all of it together."""

from datetime import date

import pytest
from sqlalchemy import event, select

from protocol.hours import ContactType, PairKind, Standing
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.hours.policy import CountsFrom, HoursPolicy
from server.hours.rules import ContactRule, MinutesRule, Per, PlanRule, Step
from server.hours.standings import Standings
from server.store.database import Database
from server.store.models import AuditEntryRow
from server.store.pairs import PairEntry, PairRepository
from server.store.people import Entry, PeopleRepository
from server.store.requirements import RequirementRepository

FALL = date(2026, 8, 17), date(2026, 12, 18)
EVERY_14_DAYS = ContactRule(every_days=14)
PLAN = PlanRule(steps=(Step(name="Day 30", day=30, contact_types=(ContactType.PHONE, ContactType.VISIT)),))


@pytest.fixture
def requirements(database: Database) -> RequirementRepository:
    return RequirementRepository(database)


async def trail(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = await session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.entry_id))
        return [(row.action, row.detail) for row in rows]


async def test_a_programmes_days_are_those_of_utc_until_it_says_otherwise(
    requirements: RequirementRepository, database: Database
) -> None:
    assert (await requirements.zone()).key == "UTC"
    for _ in range(2):
        await requirements.set_zone("America/Chicago", actor="operator", at=1)
        assert (await requirements.zone()).key == "America/Chicago"
    assert await trail(database) == [("time_zone_changed", "from UTC to America/Chicago")]


@pytest.mark.parametrize("name", ["America", "america/chicago", "America/Chicgo", "", "../etc/passwd", "CST6", "A\0"])
async def test_what_is_no_time_zone_is_refused(requirements: RequirementRepository, name: str) -> None:
    with pytest.raises(UserError, match="There is no time zone"):
        await requirements.set_zone(name, actor="operator", at=1)
    assert (await requirements.zone()).key == "UTC"


async def test_a_slip_of_the_keyboard_is_told_what_was_meant(requirements: RequirementRepository) -> None:
    with pytest.raises(UserError, match="'America/Chicgo'; America/Chicago may be meant"):
        await requirements.set_zone("America/Chicgo", actor="operator", at=1)


async def test_a_policy_is_kept_as_it_is_set(requirements: RequirementRepository, database: Database) -> None:
    assert await requirements.policy() == HoursPolicy()
    policy = HoursPolicy(counts_from=CountsFrom.APPROVED, grace_s=0)
    for _ in range(2):
        await requirements.set_policy(policy, actor="operator", at=1)
        assert await requirements.policy() == policy
    assert await trail(database) == [("hours_policy_changed", '{"grace_s":0,"counts_from":"approved"}')]
    with pytest.raises(UserError, match="grace_s"):
        await requirements.set_policy(HoursPolicy(grace_s=-1), actor="operator", at=1)


async def test_terms_are_listed_in_their_order_and_removed(
    requirements: RequirementRepository, database: Database
) -> None:
    spring = await requirements.add_term("Spring", date(2026, 12, 19), date(2027, 5, 28), actor="operator", at=1)
    fall = await requirements.add_term("Fall", *FALL, actor="operator", at=2)
    assert await requirements.list_terms() == [(fall, None), (spring, None)]
    assert await requirements.remove_term("Fall", actor="operator", at=3)
    assert not await requirements.remove_term("Fall", actor="operator", at=4)
    assert await requirements.list_terms() == [(spring, None)]
    assert await requirements.list_terms(with_removed=True) == [(fall, 3), (spring, None)]
    again = await requirements.add_term("Fall", *FALL, actor="operator", at=5)
    assert again.term_id != fall.term_id
    assert [action for action, _ in await trail(database)] == ["term_added"] * 2 + ["term_removed", "term_added"]


@pytest.mark.parametrize(
    ("name", "first", "last", "sentence"),
    [
        ("Backwards", date(2027, 2, 1), date(2027, 1, 31), "2027-01-31 is before 2027-02-01"),
        ("Eternity", date(2027, 1, 1), date(2028, 2, 5), "A term of 401 days is longer than 400"),
        ("Fall", date(2027, 1, 1), date(2027, 2, 1), "There is a term 'Fall' already"),
        ("Within", date(2026, 9, 1), date(2026, 9, 2), "The term 'Fall', from 2026-08-17 to 2026-12-18, has some"),
        ("At its end", FALL[1], date(2027, 1, 1), "The term 'Fall'"),
        ("At its beginning", date(2026, 8, 1), FALL[0], "The term 'Fall'"),
        ("Around", date(2026, 8, 1), date(2027, 1, 1), "The term 'Fall'"),
    ],
)
async def test_a_term_that_cannot_be_is_refused(
    requirements: RequirementRepository, name: str, first: date, last: date, sentence: str
) -> None:
    await requirements.add_term("Fall", *FALL, actor="operator", at=1)
    with pytest.raises(UserError, match=sentence):
        await requirements.add_term(name, first, last, actor="operator", at=1)
    assert len(await requirements.list_terms()) == 1


async def test_requirements_are_kept_with_their_rule_and_for_whom(
    requirements: RequirementRepository, database: Database
) -> None:
    everybody = await requirements.add_requirement("Every two weeks", EVERY_14_DAYS, actor="operator", at=1)
    buddies = await requirements.add_requirement(
        "First steps", PLAN, pair_kind=PairKind.CONTENT_BUDDY, actor="operator", at=2
    )
    assert await requirements.list_requirements() == [(everybody, None), (buddies, None)]
    assert buddies.rule == PLAN
    with pytest.raises(UserError, match="There is a requirement 'First steps' already"):
        await requirements.add_requirement(
            "First steps", PLAN, pair_kind=PairKind.CONTENT_BUDDY, actor="operator", at=2
        )
    with pytest.raises(UserError, match="This is no rule: every_days"):
        await requirements.add_requirement("Never", ContactRule(every_days=0), actor="operator", at=2)
    assert await requirements.remove_requirement(everybody.requirement_id, actor="operator", at=3) == everybody
    assert await requirements.remove_requirement(everybody.requirement_id, actor="operator", at=4) is None
    assert await requirements.list_requirements() == [(buddies, None)]
    assert await requirements.list_requirements(with_removed=True) == [(everybody, 3), (buddies, None)]
    assert await trail(database) == [
        ("requirement_added", 'Every two weeks, for all pairs: {"kind":"contact","every_days":14}'),
        (
            "requirement_added",
            'First steps, for content_buddy: {"kind":"plan","steps":[{"contact_types":["phone","visit"],'
            '"name":"Day 30","day":30}]}',
        ),
        ("requirement_removed", "Every two weeks"),
    ]


async def test_all_that_evaluation_needs_is_loaded_in_six_queries(
    requirements: RequirementRepository, database: Database
) -> None:
    names = ("Ana", "Ben", "Cleo")
    entries = [Entry(f"{name.lower()}@school.example", name, ProgrammeRole.TEACHER) for name in names]
    people = await PeopleRepository(database).enrol(entries, [], actor="operator", at=1)
    ben, cleo = (
        PairEntry(kind=kind, mentor="ana@school.example", mentee=mentee, starts_on=FALL[0])
        for kind, mentee in (
            (PairKind.MENTOR, "ben@school.example"),
            (PairKind.CONTENT_BUDDY, "cleo@school.example"),
        )
    )
    repository = PairRepository(database)
    await repository.add([ben, cleo], actor="operator", at=1)
    [with_ben, with_cleo] = await repository.list_pairs()
    fortnight = date(2026, 9, 1), date(2026, 9, 14)
    await repository.add_leave(with_ben.pair_id, *fortnight, people[2].person_id, actor="operator", at=1)
    await repository.add_leave(with_cleo.pair_id, *fortnight, None, actor="operator", at=1)
    await requirements.add_term("Fall", *FALL, actor="operator", at=1)
    await requirements.set_zone("America/Chicago", actor="operator", at=1)
    await requirements.set_policy(HoursPolicy(grace_s=30), actor="operator", at=1)
    every = await requirements.add_requirement("Every two weeks", EVERY_14_DAYS, actor="operator", at=1)
    weekly = MinutesRule(minutes=60, per=Per.WEEK)
    mine = await requirements.add_requirement("Weekly", weekly, pair_id=with_ben.pair_id, actor="operator", at=2)
    theirs = await requirements.add_requirement("Plan", PLAN, pair_kind=PairKind.CONTENT_BUDDY, actor="operator", at=3)

    statements: list[str] = []
    engine = database._readers.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    loaded = await requirements.load()
    assert len([one for one in statements if one.startswith("SELECT")]) == 6

    assert loaded.zone.key == "America/Chicago"
    assert loaded.policy == HoursPolicy(grace_s=30)
    assert [term.name for term in loaded.terms] == ["Fall"]
    [with_ben, with_cleo] = await repository.list_pairs()
    assert loaded.pairs == [with_ben, with_cleo]
    assert list(loaded.requirements_of(with_ben)) == [every, mine]
    assert list(loaded.requirements_of(with_cleo)) == [every, theirs]
    assert with_ben.stopped_days() == []
    assert with_cleo.stopped_days() == [fortnight]
    on_leave = with_ben.leave_on(fortnight[0])
    assert on_leave is not None
    assert on_leave.substitute is not None
    assert on_leave.substitute.name == "Cleo"
    assert with_ben.leave_on(date(2026, 9, 15)) is None
    assert with_cleo.leave_on(fortnight[1]) is not None

    standings = Standings(loaded, date(2026, 9, 13))
    assert [one.standing for one in standings.of(with_ben, []).requirements] == [Standing.OVERDUE, Standing.OVERDUE]
    assert standings.of(with_cleo, []).standing is Standing.AT_RISK, "14 days have passed, those on leave do not count"
    met = [(date(2026, 9, day).toordinal(), 60, "phone") for day in (12, 1)]
    assert standings.of(with_ben, met).standing is Standing.MET
