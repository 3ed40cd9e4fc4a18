"""Who is told what on a day: pure."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import PairKind, PairStatus, RequirementStatus, Shortfall, Standing, Unit
from protocol.tasks import RoomPerson
from server.hours.reminders import MAX_NAMED, Day, PairToday, letter_of, reminders_of
from server.hours.requirements import Contact, PlannedStep
from server.hours.rules import Counted

MONDAY = date(2026, 11, 30)
NAMES = {"mia": "Mia", "ana": "Ana", "sam": "Sam", "cora": "Cora"}


def requirement(
    standing: Standing = Standing.OVERDUE, due_on: str | None = "2026-11-29", shortfall: Shortfall | None = None
) -> RequirementStatus:
    return RequirementStatus(
        requirement_id="requirement_1",
        name="An hour a week",
        standing=standing,
        unit=Unit.MINUTES,
        done=20,
        needed=60,
        first_day="2026-11-30",
        last_day="2026-12-06",
        due_on=due_on,
        next_step=None,
        shortfall=shortfall,
        contact_types=None,
        minimum_minutes=0,
    )


def pair(
    *requirements: RequirementStatus,
    pair_id: str = "pair_1",
    plan: tuple[PlannedStep, ...] = (),
    starts_on: str = "2026-08-17",
    ends_on: str | None = None,
    is_on_leave: bool = False,
    substitute: str | None = None,
) -> PairToday:
    order = [Standing.MET, Standing.ON_TRACK, Standing.AT_RISK, Standing.OVERDUE]
    status = PairStatus(
        pair_id=pair_id,
        kind=PairKind.MENTOR,
        mentor=RoomPerson(person_id="mia", name="Mia"),
        mentee=RoomPerson(person_id="ana", name="Ana"),
        substitute=None if substitute is None else RoomPerson(person_id=substitute, name=NAMES[substitute]),
        is_on_leave=is_on_leave,
        starts_on=starts_on,
        ends_on=ends_on,
        standing=max((one.standing for one in requirements), key=order.index, default=None),
        requirements=requirements,
        last_contact_on=None,
        minutes_this_term=0,
        waiting_minutes=0,
        disputed_count=0,
    )
    return PairToday(status=status, plan=plan)


def day(
    *pairs: PairToday,
    today: date = MONDAY,
    people: dict[str, str] = NAMES,
    waiting: dict[str, int] | None = None,
    disputed: int = 0,
    waiting_long: int = 0,
    log_head: tuple[int, str] | None = None,
) -> Day:
    return Day(
        today=today,
        pairs=pairs,
        people=people,
        coordinators=["cora"],
        waiting=waiting or {},
        disputed=disputed,
        waiting_long=waiting_long,
        log_head=log_head,
    )


def told(found: Day) -> dict[str, list[str]]:
    by_person: dict[str, list[str]] = {}
    for one in reminders_of(found):
        by_person.setdefault(one.person_id, []).append(one.text)
    return by_person


def keys(found: Day) -> set[str]:
    return {one.key for one in reminders_of(found)}


def test_both_are_told_what_is_overdue_and_the_coordinator_of_whom() -> None:
    assert told(day(pair(requirement()))) == {
        "mia": ["With Ana, “An hour a week” is overdue: 20 of 60 minutes, due on 2026-11-29."],
        "ana": ["With Mia, “An hour a week” is overdue: 20 of 60 minutes, due on 2026-11-29."],
        "cora": ["This week in the programme:\n  - 1 pair is overdue: Mia and Ana"],
    }


def test_what_is_overdue_is_told_with_what_was_missing_then() -> None:
    last_week = Shortfall(first_day="2026-11-23", last_day="2026-11-29", done=15, needed=60, missing=25)
    [text] = told(day(pair(requirement(shortfall=last_week))))["ana"]
    assert text == (
        "With Mia, “An hour a week” is overdue: "
        "15 of 60 minutes from 2026-11-23 to 2026-11-29, and 25 still to be made up."
    )


def test_who_is_on_track_is_left_in_peace() -> None:
    assert told(day(pair(requirement(Standing.ON_TRACK), requirement(Standing.MET)))) == {}


def test_at_risk_and_overdue_are_told_apart_and_each_due_day_anew() -> None:
    at_risk = keys(day(pair(requirement(Standing.AT_RISK, "2026-12-06"))))
    overdue = keys(day(pair(requirement(Standing.OVERDUE, "2026-12-06"))))
    later = keys(day(pair(requirement(Standing.AT_RISK, "2026-12-13"))))
    assert len(at_risk | overdue | later) == 2 + 3 + 2  # the week's digest is one of those in the middle
    tomorrow = day(pair(requirement(Standing.AT_RISK, "2026-12-06")), today=MONDAY + timedelta(days=1))
    assert keys(tomorrow) == at_risk


def test_nobody_is_told_of_a_pair_that_rests() -> None:
    for resting in (
        pair(requirement(), starts_on="2026-12-01"),
        pair(requirement(), ends_on="2026-11-29"),
        pair(requirement(), is_on_leave=True),
    ):
        assert told(day(resting)) == {}
    assert "ana" in told(day(pair(requirement(), starts_on="2026-11-30", ends_on="2026-11-30")))


def test_a_substitute_is_told_in_the_place_of_the_mentor() -> None:
    found = told(day(pair(requirement(), is_on_leave=True, substitute="sam")))
    assert set(found) == {"sam", "ana", "cora"}
    assert found["ana"][0].startswith("With Sam, ")


def test_nobody_is_told_of_who_is_not_in_the_programme_any_more() -> None:
    for gone in ("mia", "ana"):
        there = {person_id: name for person_id, name in NAMES.items() if person_id != gone}
        found = told(day(pair(requirement()), people=there, waiting={gone: 3}))
        assert set(found) <= {"cora"}


def test_a_step_is_told_to_the_mentor_a_week_before_it_is_due_and_not_when_it_is_done() -> None:
    def step(days: int, *, is_done: bool = False) -> PlannedStep:
        contact = Contact(MONDAY, 30, "conference") if is_done else None
        return PlannedStep("Day 30", MONDAY + timedelta(days=days), contact, Counted())

    for days, is_told in ((-1, False), (0, True), (7, True), (8, False)):
        assert told(day(pair(plan=(step(days),)))) == (
            {"mia": [f"With Ana, “Day 30” is due on {MONDAY + timedelta(days=days)}."]} if is_told else {}
        )
    assert told(day(pair(plan=(step(3, is_done=True),)))) == {}


def test_what_waits_is_told_once_a_week() -> None:
    def waiting(offset: int) -> set[str]:
        return keys(day(today=MONDAY + timedelta(days=offset), waiting={"ana": 2, "mia": 1}))

    assert told(day(waiting={"ana": 2}))["ana"] == [
        "2 entries wait for your word in the hours log. A click says that it is right."
    ]
    assert len(waiting(0)) == 2
    assert waiting(6) == waiting(0)
    assert not waiting(7) & waiting(0)


def test_a_coordinator_is_told_what_waits_and_is_disputed_and_some_names() -> None:
    pairs = [pair(requirement(), pair_id=f"pair_{number}") for number in range(MAX_NAMED + 5)]
    [text] = told(day(*pairs, disputed=1, waiting_long=4))["cora"]
    lines = text.split("\n")
    assert lines[1].startswith("  - 25 pairs are overdue: Mia and Ana, ")
    assert lines[1].endswith(", and 5 more")
    assert lines[2:] == ["  - 1 entry is disputed", "  - 4 entries have waited for a word for more than a week"]


def test_coordinators_are_told_the_logs_newest_step_once_a_week() -> None:
    def head(offset: int, number: int) -> Day:
        return day(today=MONDAY + timedelta(days=offset), log_head=(number, f"{number:064x}"))

    assert told(head(0, 47)) == {
        "cora": [
            f"Keep this letter: step 47 of the hours log has the hash\n  {47:064x}\n"
            "  With it, `roundup hours verify --head` finds out whether something before that was changed, or is gone."
        ]
    }
    assert keys(head(6, 60)) == keys(head(0, 47)), "once a week, however many steps there are"
    assert not keys(head(7, 60)) & keys(head(0, 47))


def test_a_letter_says_who_it_is_for_what_there_is_and_where() -> None:
    reminders = [one for one in reminders_of(day(pair(requirement()), waiting={"ana": 1})) if one.person_id == "ana"]
    subject, text = letter_of("Ana", reminders, "https://rooms.example.org/hours")
    assert subject == "Roundup: 2 things about mentoring hours"
    assert text == (
        "Hello Ana,\n\n"
        "- With Mia, “An hour a week” is overdue: 20 of 60 minutes, due on 2026-11-29.\n"
        "- 1 entry waits for your word in the hours log. A click says that it is right.\n\n"
        "You find all of it here: https://rooms.example.org/hours\n\n"
        "Each of these is told once. If something is not right, your coordinator can help.\n"
    )
    assert letter_of("Ana", reminders[:1], "")[0] == "Roundup: about your mentoring hours"


STANDINGS = st.sampled_from(list(Standing))
DUE = st.one_of(st.none(), st.dates(MONDAY, MONDAY + timedelta(days=20)).map(date.isoformat))
PAIRS = st.builds(
    lambda standings, number, is_on_leave: pair(
        *(requirement(standing, due) for standing, due in standings), pair_id=f"pair_{number}", is_on_leave=is_on_leave
    ),
    st.lists(st.tuples(STANDINGS, DUE), max_size=3),
    st.integers(0, 3),
    st.booleans(),
)
DAYS = st.builds(
    lambda pairs, offset, waiting: day(*pairs, today=MONDAY + timedelta(days=offset), waiting=waiting),
    st.lists(PAIRS, max_size=5),
    st.integers(0, 30),
    st.dictionaries(st.sampled_from(["mia", "ana", "gone"]), st.integers(0, 3)),
)


@given(DAYS)
def test_a_key_is_told_once_on_a_day_and_to_one_who_is_there(found: Day) -> None:
    reminders = reminders_of(found)
    assert len({one.key for one in reminders}) == len(reminders)
    for one in reminders:
        assert one.person_id in found.people
        assert one.person_id in one.key
