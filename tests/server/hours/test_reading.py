"""Where the minutes of an entry come from, and plans with what they were done with, on both kinds of database."""

from datetime import UTC, datetime, timedelta

import pytest

from protocol.hours import ContactType, EntryAction, EntryDetail, PairKind, Side, Standing, Stretch
from server.hours.log.steps import Actor, next_step
from server.hours.proposer import Proposer
from server.hours.rules import ContactRule, PlanRule, Step
from server.hours.service import Hours, create_hours
from server.store.attendance import AttendanceRepository
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import EntryFilter
from server.store.outbox import OutboxRepository
from server.store.pairs import PairEntry, PairRepository
from server.store.reminders import ReminderRepository
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import TODAY, Programme

MINUTE, HOUR = 60_000, 3_600_000
NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000


async def name() -> str:
    return "Programme"


@pytest.fixture
def hours(programme: Programme) -> Hours:
    return create_hours(programme.database, name, ManualClock(NOON + 6 * HOUR))


def total(stretches: tuple[Stretch, ...]) -> int:
    return sum(one.ended_at - one.started_at for one in stretches)


async def test_every_minute_of_an_entry_is_in_its_evidence(programme: Programme, hours: Hours) -> None:
    attendance = AttendanceRepository(programme.database)
    proposer = Proposer(programme.log, HoursFactsRepository(programme.database), attendance, ManualClock())
    await programme.add_meeting(
        "first", NOON, NOON + HOUR, mia=[(0, HOUR)], ana=[(0, 20 * MINUTE), (25 * MINUTE, HOUR)], ben=[(0, HOUR)]
    )
    # Meanwhile both open a second room, and stay longer in it.
    half = HOUR // 2
    await programme.add_meeting("second", NOON + half, NOON + 2 * HOUR, mia=[(0, HOUR)], ana=[(0, HOUR)])
    for meeting_id in ("first", "second"):
        await proposer.on_meeting_recorded(meeting_id)
    found, _ = await programme.log.page(EntryFilter(), None, 10)
    details: dict[str, EntryDetail] = {}
    for entry in found:
        detail = await hours.service.entry(programme.people["ana"], entry.latest.entry_id)
        evidence = detail.evidence
        assert evidence is not None
        measured = total(evidence.together) - total(evidence.counted_elsewhere)
        assert measured == detail.entry.measured_ms
        assert {(one.side, one.person.name) for one in evidence.people} == {(Side.MENTOR, "mia"), (Side.MENTEE, "ana")}
        details[evidence.meeting.meeting_id] = detail
    first, second = details["first"], details["second"]
    assert (first.entry.measured_ms, second.entry.measured_ms) == (55 * MINUTE, half)
    assert first.evidence is not None
    assert second.evidence is not None
    assert total(second.evidence.counted_elsewhere) == half
    [mia, ana] = first.evidence.people
    assert [event.kind for one in ana.connections for event in one.events] == ["joined", "left", "joined", "left"]
    assert [one.left_reason for one in mia.connections] == ["left"]
    assert not first.evidence.is_cut


async def test_steps_of_a_plan_name_the_entry_that_they_were_done_with(programme: Programme, hours: Hours) -> None:
    pair = PairEntry(
        kind=PairKind.MENTOR,
        mentor="mia@school.example",
        mentee="ana@school.example",
        starts_on=TODAY - timedelta(days=70),
    )
    await PairRepository(programme.database).add([pair], actor="test", at=1)
    plan = PlanRule(
        steps=tuple(
            Step(name=f"Day {day}", day=day, from_day=day - 29, minimum_minutes=day // 3) for day in (30, 60, 90)
        ),
        contact_types=(ContactType.PHONE,),
    )
    await RequirementRepository(programme.database).add_requirement("Plan", plan, actor="test", at=1)
    done_on = TODAY - timedelta(days=65)
    [entry] = await programme.append(programme.entered("visit", day=done_on))
    await programme.append(programme.confirmed(entry))
    detail = await hours.service.pair(programme.people["mia"], programme.pairs["ana"])
    assert [(step.name, step.done_on, step.entry_id) for step in detail.plan] == [
        ("Day 30", done_on.isoformat(), "visit"),
        ("Day 60", None, None),
        ("Day 90", None, None),
    ]
    [status] = detail.status.requirements
    assert (status.done, status.needed, status.next_step) == (1, 3, "Day 60")
    assert (status.contact_types, status.minimum_minutes) == ((ContactType.PHONE,), 0)
    assert [(step.contact_types, step.minimum_minutes) for step in detail.plan] == [
        ((ContactType.PHONE,), minutes) for minutes in (10, 20, 30)
    ], "what counts for the plan and for the step"


async def test_what_was_put_right_waits_for_who_objected(programme: Programme, hours: Hours) -> None:
    reminders = ReminderRepository(programme.database, OutboxRepository(programme.database, []))

    async def waits_for() -> list[str]:
        names = ["ana", "ben", "max", "mia"]
        found = [name for name in names if (await hours.service.home(programme.people[name])).waiting]
        told = (await reminders.circumstances(long_before=0)).waiting
        assert told == {programme.person_id(name): 1 for name in found}
        return found

    [entry] = await programme.append(programme.entered("visit", minutes=45))
    assert await waits_for() == ["mia"]
    for name, side, action, minutes, waiting in (
        ("mia", Side.MENTOR, EntryAction.DISPUTED, None, []),
        ("ana", Side.MENTEE, EntryAction.ADJUSTED, 30, ["mia"]),
        ("ana", Side.MENTEE, EntryAction.DISPUTED, None, []),
        ("mia", Side.MENTOR, EntryAction.ADJUSTED, 20, ["ana"]),
        ("ana", Side.MENTEE, EntryAction.CONFIRMED, None, []),
    ):
        actor = Actor(side=side, person_id=programme.person_id(name), at=2_000)
        step = next_step(entry, action, actor, text="That is why.", credited_minutes=minutes)
        [entry] = await programme.append(step)
        assert await waits_for() == waiting


async def test_a_pair_that_is_over_needs_nobody_and_its_hours_stay(programme: Programme, hours: Hours) -> None:
    mia, ana = programme.people["mia"], programme.people["ana"]
    rule = ContactRule(every_days=14)
    await RequirementRepository(programme.database).add_requirement("Contact", rule, actor="test", at=1)
    await programme.append(programme.entered("visit", day=TODAY - timedelta(days=20)))
    before = await hours.service.home(ana)
    assert ([one.standing for one in before.pairs], before.has_past_pairs) == ([Standing.OVERDUE], False)
    yesterday = TODAY - timedelta(days=1)
    await PairRepository(programme.database).end(programme.pairs["ana"], yesterday, actor="test", at=2)
    after = await hours.service.home(ana)
    assert (after.pairs, after.has_past_pairs, len(after.waiting)) == ((), True, len(before.waiting))
    detail = await hours.service.pair(mia, programme.pairs["ana"])
    assert detail.status.standing is None
    assert [one.standing for one in detail.status.requirements] == [Standing.OVERDUE], "what became of it is told"
    assert not (await hours.service.home(programme.people["cora"])).has_past_pairs
