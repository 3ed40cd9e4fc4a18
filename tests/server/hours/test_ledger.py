"""What persons may do with the hours log, on both kinds of database."""

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text, update

from protocol.errors import ErrorCode
from protocol.hours import ContactType, EntryAction, EntryState, EntryStep, ManualEntry, PairKind, SeenEntry, Side
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.hours.ledger import Ledger
from server.hours.log.chain import Verifier
from server.hours.log.rows import Entry
from server.hours.policy import HoursPolicy
from server.store.hours_facts import HoursFactsRepository
from server.store.models import LeaveRow, PairRow, PersonRow
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import TODAY, Programme

A = EntryAction
NOW = int(datetime(2026, 11, 30, 20, tzinfo=UTC).timestamp()) * 1_000


class Office:
    """The programme, and everybody at their desks."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.clock = ManualClock(NOW)
        self.ledger = Ledger(programme.log, HoursFactsRepository(programme.database), self.clock)

    async def step(self, name: str, entry: Entry, action: EntryAction, reason: str = "", **values: object) -> Entry:
        asked = EntryStep(action=action, number=entry.number, text=reason, **values)  # type: ignore[arg-type]
        return await self.ledger.take_step(self.programme.people[name], entry.latest.entry_id, asked)

    async def enter(self, name: str, request_id: str = "r", **values: object) -> Entry:
        asked = ManualEntry(
            request_id=request_id,
            pair_id=self.programme.pairs["ana"],
            day=TODAY.isoformat(),
            minutes=30,
            contact_type=ContactType.VISIT,
            text="At her school.",
        )
        return await self.ledger.enter(self.programme.people[name], replace(asked, **values))

    async def permitted(self, name: str, entry: Entry) -> tuple[EntryAction, ...]:
        found = await self.ledger.describe(self.programme.people[name], [entry])
        return found[0].permitted if found else ()

    async def rows(self) -> int:
        walked = await self.programme.verified()
        assert isinstance(walked, Verifier), walked
        return walked.count

    async def audited(self) -> list[tuple[str, str]]:
        async with self.programme.database.reading() as session:
            query = text("SELECT actor, action FROM audit_entry WHERE action LIKE 'hours%' ORDER BY entry_id")
            return [(row.actor, row.action) for row in await session.execute(query)]


@pytest.fixture
async def office(programme: Programme) -> Office:
    async with programme.database.session() as session:
        await session.execute(update(PairRow).values(starts_on=date(2026, 9, 1)))
    return Office(programme)


async def refused(doing: object) -> tuple[ErrorCode, str]:
    with pytest.raises(UserError) as caught:
        await doing  # type: ignore[misc]
    return caught.value.code, caught.value.text


async def test_both_confirm_and_a_coordinator_approves(office: Office) -> None:
    entry = await office.enter("mia")
    assert (set(entry.confirmed), entry.state) == ({Side.MENTOR}, EntryState.PROPOSED)
    assert entry.latest.text == "At her school."
    confirmed = await office.step("ana", entry, A.CONFIRMED)
    approved = await office.step("cora", confirmed, A.APPROVED)
    assert approved.state is EntryState.APPROVED
    # What she did to somebody's entry is known; what they did to their own is their affair.
    assert await office.audited() == [(office.programme.person_id("cora"), "hours_approved")]


async def test_somebody_elses_entry_is_not_there(office: Office) -> None:
    entry = await office.enter("mia")
    for name in ("max", "ben"):
        assert (await refused(office.step(name, entry, A.CONFIRMED)))[0] is ErrorCode.NOT_FOUND
        assert (await refused(office.enter(name)))[0] is ErrorCode.NOT_FOUND
        assert await office.permitted(name, entry) == ()
    unknown = EntryStep(action=A.CONFIRMED, number=1)
    person = office.programme.people["mia"]
    assert (await refused(office.ledger.take_step(person, "entry_x", unknown)))[0] is ErrorCode.NOT_FOUND
    assert (await refused(office.enter("mia", pair_id="pair_x")))[0] is ErrorCode.NOT_FOUND


async def test_an_entry_is_described_to_those_whose_it_is(office: Office) -> None:
    programme = office.programme
    await programme.add_meeting("m", 5)
    step = dataclasses.replace(
        programme.entered("a"), action=A.PROPOSED, side=Side.SERVER, meeting_id="m", measured_ms=7
    )
    [entry] = await programme.append(dataclasses.replace(step, measured_ms=7))
    mine = await office.enter("mia")
    for name in ("mia", "ana", "cora"):
        first, second = await office.ledger.describe(programme.people[name], [entry, mine])
        assert (first.mentor.name, first.mentee.name, first.pair_kind) == ("mia", "ana", PairKind.MENTOR)
        assert first.meeting is not None
        assert (first.meeting.room.name, first.meeting.opened_at, first.measured_ms) == ("Desk", 5, 7)
        assert (first.day, first.number, first.state) == ("2026-11-30", 1, EntryState.PROPOSED)
        assert (second.is_confirmed_by_mentor, second.is_confirmed_by_mentee, second.meeting) == (True, False, None)
        assert second.text == "At her school."
        assert (A.WITHDRAWN in second.permitted) == (name != "ana")
    assert await office.ledger.describe(programme.people["ben"], [entry, mine]) == []


async def test_who_was_removed_does_nothing_any_more(office: Office) -> None:
    entry = await office.enter("mia")
    async with office.programme.database.session() as session:
        await session.execute(update(PersonRow).values(removed_at=1))
    for name in ("mia", "ana", "cora"):
        assert (await refused(office.step(name, entry, A.CONFIRMED)))[0] is ErrorCode.FORBIDDEN
        assert (await refused(office.enter(name, "r2")))[0] is ErrorCode.FORBIDDEN
        assert (await refused(office.permitted(name, entry)))[0] is ErrorCode.FORBIDDEN


async def test_what_somebody_is_counts_as_it_is_now_and_not_as_their_session_has_it(office: Office) -> None:
    entry = await office.enter("mia")
    async with office.programme.database.session() as session:
        await session.execute(
            update(PersonRow)
            .where(PersonRow.person_id == office.programme.person_id("cora"))
            .values(role=ProgrammeRole.FACILITATOR.value)
        )
    assert (await refused(office.step("cora", entry, A.APPROVED, "So.")))[0] is ErrorCode.NOT_FOUND


async def test_nobody_approves_hours_of_their_own(office: Office) -> None:
    async with office.programme.database.session() as session:
        await session.execute(update(PersonRow).values(role=ProgrammeRole.COORDINATOR.value))
    entry = await office.enter("ana")
    assert A.APPROVED not in await office.permitted("mia", entry)
    assert (await refused(office.step("mia", entry, A.APPROVED, "Why not?")))[0] is ErrorCode.FORBIDDEN
    assert A.APPROVED in await office.permitted("ben", entry)


async def test_reasons_are_asked_for_and_texts_kept_clean(office: Office) -> None:
    entry = await office.enter("mia", text=" \u200b\n ")
    assert entry.latest.text is None
    assert await refused(office.step("ana", entry, A.DISPUTED, "\x00 \u200d")) == (
        ErrorCode.BAD_REQUEST,
        "Say why, please.",
    )
    assert (await refused(office.step("ana", entry, A.ADJUSTED, "So.")))[0] is ErrorCode.BAD_REQUEST
    assert (await refused(office.step("ana", entry, A.DISPUTED, "x" * 501)))[0] is ErrorCode.TOO_LARGE
    disputed = await office.step("ana", entry, A.DISPUTED, " I was \x07ill.\r\nAll day. ")
    assert (disputed.text, disputed.state) == ("I was ill.\nAll day.", EntryState.DISPUTED)


@pytest.mark.parametrize("action", [A.PROPOSED, A.MEASURED, A.ENTERED])
async def test_the_servers_steps_are_nobodys(office: Office, action: EntryAction) -> None:
    entry = await office.enter("mia")
    assert (await refused(office.step("cora", entry, action, "So.")))[0] is ErrorCode.BAD_REQUEST


async def test_who_comes_second_is_told_and_decides_anew(office: Office) -> None:
    entry = await office.enter("mia")
    adjusted = await office.step("mia", entry, A.ADJUSTED, "A mistake.", credited_minutes=20)
    assert (await refused(office.step("ana", entry, A.CONFIRMED)))[0] is ErrorCode.ENTRY_CHANGED
    assert (await office.step("ana", adjusted, A.CONFIRMED)).state is EntryState.CONFIRMED


async def test_of_two_steps_at_once_one_is_taken(office: Office) -> None:
    entry = await office.enter("mia")
    both = await asyncio.gather(
        office.step("ana", entry, A.DISPUTED, "No."),
        office.step("mia", entry, A.ADJUSTED, "More.", credited_minutes=40),
        return_exceptions=True,
    )
    assert [type(one) for one in both] in ([Entry, UserError], [UserError, Entry])
    assert await office.rows() == 2


async def test_a_step_that_arrives_again_is_taken_once(office: Office) -> None:
    entry = await office.enter("mia")
    for _ in range(3):
        after = await office.step("ana", entry, A.ADJUSTED, "Longer.", credited_minutes=45)
        assert after.number == 2
    await office.step("mia", after, A.CONFIRMED)
    assert (await office.step("ana", entry, A.ADJUSTED, "Longer.", credited_minutes=45)).number == 3
    for asked in ({"credited_minutes": 46}, {"contact_type": ContactType.PHONE}):
        again = office.step("ana", entry, A.ADJUSTED, "Longer.", **asked)
        assert (await refused(again))[0] is ErrorCode.ENTRY_CHANGED
    assert (await refused(office.step("ana", entry, A.ADJUSTED, "Other.")))[0] is ErrorCode.ENTRY_CHANGED
    assert await office.rows() == 3


async def test_what_can_be_confirmed_of_many_is_and_the_rest_is_told_why(office: Office) -> None:
    fine, stale, withdrawn = [await office.enter("mia", f"r{number}") for number in range(3)]
    await office.step("mia", stale, A.ADJUSTED, "Less.", credited_minutes=10)
    gone = await office.step("mia", withdrawn, A.WITHDRAWN)
    theirs = await office.enter("max", pair_id=office.programme.pairs["ben"])
    seen = [SeenEntry(entry_id=one.latest.entry_id, number=one.number) for one in (fine, stale, gone, theirs, fine)]
    ana = office.programme.people["ana"]
    outcome = await office.ledger.confirm(ana, [*seen, SeenEntry(entry_id="entry_x", number=1)])
    assert [(one.latest.entry_id, one.state) for one in outcome.entries] == [
        (fine.latest.entry_id, EntryState.CONFIRMED)
    ]
    assert [(one.entry_id, one.code) for one in outcome.refused] == [
        (stale.latest.entry_id, ErrorCode.ENTRY_CHANGED),
        (withdrawn.latest.entry_id, ErrorCode.FORBIDDEN),
        (theirs.latest.entry_id, ErrorCode.NOT_FOUND),
        ("entry_x", ErrorCode.NOT_FOUND),
    ]
    assert all(one.text.endswith(".") for one in outcome.refused)
    mia = office.programme.people["mia"]
    taken_back = await office.ledger.confirm(mia, [SeenEntry(entry_id=gone.latest.entry_id, number=gone.number)])
    assert (taken_back.entries, [one.code for one in taken_back.refused]) == ((), [ErrorCode.FORBIDDEN])
    before = await office.rows()
    again = await office.ledger.confirm(ana, seen[:1])
    now = SeenEntry(entry_id=fine.latest.entry_id, number=outcome.entries[0].number)
    assert again.entries == (await office.ledger.confirm(ana, [now])).entries == outcome.entries
    assert await office.rows() == before


async def test_a_coordinator_approves_many_but_not_without_a_reason_what_not_both_have_confirmed(
    office: Office,
) -> None:
    one, other = await office.enter("mia", "r1"), await office.enter("mia", "r2")
    one = await office.step("ana", one, A.CONFIRMED)
    seen = [SeenEntry(entry_id=each.latest.entry_id, number=each.number) for each in (one, other)]
    outcome = await office.ledger.confirm(office.programme.people["cora"], seen)
    assert [each.state for each in outcome.entries] == [EntryState.APPROVED]
    assert [(each.entry_id, each.text) for each in outcome.refused] == [(other.latest.entry_id, "Say why, please.")]


async def test_what_is_entered_with_one_request_is_entered_once(office: Office) -> None:
    first = await office.enter("mia")
    assert await office.enter("mia") == first
    assert (await office.enter("ana")).latest.entry_id != first.latest.entry_id
    assert await office.rows() == 2


async def test_a_request_that_comes_again_with_something_else_is_refused(office: Office) -> None:
    entry = await office.enter("mia", "r1")
    await office.step("ana", entry, A.CONFIRMED)
    assert (await office.enter("mia", "r1")).latest.entry_id == entry.latest.entry_id
    for other in ({"minutes": 31}, {"text": "Elsewhere."}, {"day": "2026-11-29"}, {"contact_type": ContactType.PHONE}):
        assert await refused(office.enter("mia", "r1", **other)) == (
            ErrorCode.BAD_REQUEST,
            "Something else was entered with this request already.",
        )
    assert await office.rows() == 2


async def test_what_a_coordinator_enters_is_for_both_to_confirm_and_is_audited(office: Office) -> None:
    entry = await office.enter("cora")
    assert (entry.confirmed, entry.latest.side) == (frozenset(), Side.COORDINATOR)
    assert await office.audited() == [(office.programme.person_id("cora"), "hours_entered")]


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-12-01", "2026-12-01 is still to come."),
        ("2026-02-30", "There is no day 2026-02-30."),
        ("20261130", "There is no day 20261130."),
        ("2025-10-25", "Days are entered within 400 days."),
        ("2026-08-31", "These two are a pair since 2026-09-01."),
        ("2026-11-29", "These two were a pair until 2026-11-28."),
    ],
)
async def test_a_day_that_cannot_be_is_refused_in_a_sentence(office: Office, day: str, sentence: str) -> None:
    if day == "2026-11-29":
        async with office.programme.database.session() as session:
            await session.execute(update(PairRow).values(ends_on=date(2026, 11, 28)))
    assert await refused(office.enter("mia", day=day)) == (ErrorCode.BAD_REQUEST, sentence)


async def test_today_is_the_programmes(office: Office) -> None:
    async with office.programme.database.session() as session:
        await session.execute(text("UPDATE programme SET time_zone = 'Pacific/Auckland'"))
    assert (await office.enter("mia", day="2026-12-01")).latest.day == TODAY + timedelta(days=1)


@pytest.mark.parametrize("minutes", [-30, 0, 961, 25 * 60])
async def test_minutes_that_no_day_has_are_refused(office: Office, minutes: int) -> None:
    assert (await refused(office.enter("mia", minutes=minutes)))[0] is ErrorCode.BAD_REQUEST


async def test_entries_of_one_day_may_overlap_and_have_sixteen_hours_together(office: Office) -> None:
    first = await office.enter("mia", "r1", minutes=600)
    await office.enter("ana", "r2", minutes=300)
    assert await refused(office.enter("mia", "r3", minutes=61)) == (
        ErrorCode.BAD_REQUEST,
        "A day has 16 hours at most: 900 minutes are entered for 2026-11-30 already.",
    )
    more = office.step("ana", first, A.ADJUSTED, "More.", credited_minutes=661)
    assert (await refused(more))[0] is ErrorCode.BAD_REQUEST
    first = await office.step("ana", first, A.ADJUSTED, "More.", credited_minutes=660)
    assert (await refused(office.enter("mia", "r4", minutes=1)))[0] is ErrorCode.BAD_REQUEST
    await office.enter("mia", "r5", minutes=1, day="2026-11-29")
    await office.step("mia", first, A.WITHDRAWN)
    await office.enter("mia", "r6", minutes=660)


async def test_by_hand_a_day_has_no_more_than_the_programme_counts_and_adjusting_neither(office: Office) -> None:
    await RequirementRepository(office.programme.database).set_policy(
        HoursPolicy(minutes_per_day_limit=100), actor="test", at=1
    )
    first = await office.enter("mia", "r1", minutes=70)
    assert await refused(office.enter("ana", "r2", minutes=31)) == (
        ErrorCode.BAD_REQUEST,
        "This programme counts 100 minutes of a pair's day at most: 30 are left of 2026-11-30.",
    )
    second = await office.enter("ana", "r3", minutes=30)
    assert (await refused(office.step("cora", second, A.ADJUSTED, "More.", credited_minutes=31)))[0] is (
        ErrorCode.BAD_REQUEST
    )
    await office.step("ana", first, A.ADJUSTED, "Less.", credited_minutes=60)
    await office.step("cora", second, A.ADJUSTED, "More.", credited_minutes=40)


async def test_two_who_fill_the_last_hour_of_a_day_at_once_do_not_both_succeed(office: Office) -> None:
    await office.enter("mia", "r1", minutes=900)
    both = await asyncio.gather(
        office.enter("mia", "r2", minutes=60), office.enter("ana", "r3", minutes=60), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Entry", "UserError"]


async def test_while_somebody_is_away_the_substitute_is_the_mentor(office: Office) -> None:
    leave = LeaveRow(
        leave_id="leave",
        pair_id=office.programme.pairs["ana"],
        first_day=date(2026, 11, 30),
        last_day=date(2026, 11, 30),
        substitute_id=office.programme.person_id("max"),
        created_at=1,
        removed_at=None,
    )
    async with office.programme.database.session() as session:
        session.add(leave)
    assert await refused(office.enter("mia")) == (ErrorCode.FORBIDDEN, "Somebody else was the mentor on that day.")
    entry = await office.enter("max")
    assert entry.latest.mentor_id == office.programme.person_id("max")
    assert (await refused(office.step("mia", entry, A.CONFIRMED)))[0] is ErrorCode.FORBIDDEN
    assert await office.permitted("mia", entry) == ()
    assert (await office.enter("mia", day="2026-11-29")).latest.side is Side.MENTOR
    assert (await refused(office.enter("max", "r2", day="2026-11-29")))[0] is ErrorCode.FORBIDDEN
    assert (await office.step("ana", entry, A.CONFIRMED)).state is EntryState.CONFIRMED
