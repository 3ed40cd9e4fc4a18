"""People are told once what is new, however often it is looked, on both kinds of database."""

import dataclasses
import random
from datetime import date

import msgspec
import pytest
from sqlalchemy import select

from server.hours.policy import HoursPolicy
from server.hours.reminding import Reminding
from server.hours.rules import MinutesRule, Per
from server.outbox.letters import MAIL, Letter, letter
from server.store.database import Database
from server.store.hours_figures import HoursFiguresRepository
from server.store.models import OutboxMessageRow
from server.store.outbox import OutboxRepository
from server.store.people import PeopleRepository
from server.store.reminders import TOLD, ReminderRepository
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import Programme
from tests.support.privacy import NOW

URL = "https://rooms.example.org/hours"
SEVEN = 1_796_130_000_000
"""In Chicago, on Tuesday, 1 December 2026."""


class Post:
    """A programme that asks for an hour a week, and the letters that are written."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.database = programme.database
        self.clock = ManualClock(SEVEN)
        self.outbox = OutboxRepository(self.database, [MAIL])
        self.requirements = RequirementRepository(self.database)
        self.reminding = self.start_anew()

    def start_anew(self) -> Reminding:
        """Have a server that knows nothing of what the one before has done."""
        return Reminding(
            self.requirements,
            HoursFiguresRepository(self.database),
            ReminderRepository(self.database, self.outbox),
            self.clock,
            letter=letter,
            url=URL,
        )

    async def letters(self) -> list[tuple[str, str]]:
        """Return whom letters were written to, and what they say."""
        names = {person.person_id: name for name, person in self.programme.people.items()}
        query = select(OutboxMessageRow).where(OutboxMessageRow.channel == MAIL).order_by(OutboxMessageRow.message_id)
        async with self.database.reading() as session:
            return [
                (names[row.person_id or ""], msgspec.json.decode(row.body, type=Letter).text)
                for row in await session.scalars(query)
            ]

    async def told(self) -> list[str]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(OutboxMessageRow.key).where(OutboxMessageRow.channel == TOLD)))


@pytest.fixture
async def post(database: Database) -> Post:
    programme = Programme(database)
    await programme.set_up()
    made = Post(programme)
    await made.requirements.set_zone("America/Chicago", actor="test", at=NOW)
    await made.requirements.add_requirement(
        "An hour a week", MinutesRule(minutes=60, per=Per.WEEK), pair_id=programme.pairs["ana"], actor="test", at=NOW
    )
    return made


async def test_it_is_looked_at_seven_once_a_day(post: Post) -> None:
    post.clock.set_wall_clock(seconds=-1)
    assert await post.reminding.look_if_due() == 0
    post.clock.advance(seconds=1)
    assert await post.reminding.look_if_due() > 0
    before = await post.letters()
    await post.programme.append(post.programme.entered("entry", mentee="ben"))
    assert await post.reminding.look_if_due() == 0  # what is new is told tomorrow
    await post.programme.append(post.programme.confirmed((await post.programme.log.find(["entry"]))[0]))
    assert await post.start_anew().look_if_due() == 0  # it looks, and all has been told
    assert await post.letters() == before


async def test_both_of_a_pair_and_the_coordinator_get_one_letter_each(post: Post) -> None:
    await post.programme.append(post.programme.entered("entry", day=date(2026, 11, 30)))
    await post.reminding.look_if_due()
    letters = dict(await post.letters())
    assert sorted(letters) == ["ana", "cora", "mia"]
    assert letters["mia"].startswith("Hello mia,\n\n- With ana, “An hour a week” is overdue")
    assert "1 entry waits for your word" in letters["mia"]
    assert "waits for your word" not in letters["ana"]  # she has said it
    assert URL in letters["ana"]
    assert "1 pair is overdue: mia and ana" in letters["cora"]


async def test_what_is_new_later_is_told_alone(post: Post) -> None:
    await post.reminding.look_if_due()
    count = len(await post.letters())
    [entry] = await post.programme.append(post.programme.entered("entry", mentee="ben"))
    post.clock.advance(days=1)
    assert await post.reminding.look_if_due() == 1
    [(name, text)] = (await post.letters())[count:]
    assert name == "max"
    assert text.count("\n- ") == 1
    await post.programme.append(post.programme.confirmed(entry))
    post.clock.advance(days=7)
    await post.reminding.look_if_due()
    assert not any("wait" in text for name, text in (await post.letters())[count + 1 :] if name == "max")


async def test_who_got_a_letter_today_gets_no_second_one_when_the_server_is_started_again(post: Post) -> None:
    await post.reminding.look_if_due()
    before = await post.letters()
    assert "mia" in dict(before)
    await post.programme.append(post.programme.entered("of ana"), post.programme.entered("of ben", mentee="ben"))
    post.clock.advance(seconds=16 * 3_600)  # 11 in the evening, when it is the next day elsewhere
    assert await post.start_anew().look_if_due() == 1  # max got none yet
    assert [name for name, _ in (await post.letters())[len(before) :]] == ["max"]
    post.clock.advance(seconds=8 * 3_600)
    assert await post.start_anew().look_if_due() == 1
    [(name, text)] = (await post.letters())[len(before) + 1 :]
    assert name == "mia"
    assert text.count("\n- ") == 1
    assert "1 entry waits for your word" in text


async def test_a_programme_can_do_without(post: Post) -> None:
    await post.requirements.set_policy(HoursPolicy(reminders=False), actor="test", at=NOW)
    assert await post.reminding.look_if_due() == 0
    assert await post.letters() == []
    await post.requirements.set_policy(HoursPolicy(), actor="test", at=NOW)
    post.clock.advance(days=1)
    assert await post.reminding.look_if_due() > 0


async def test_who_was_removed_is_told_nothing(post: Post) -> None:
    await PeopleRepository(post.database).remove(post.programme.person_id("ana"), actor="test", at=NOW)
    await post.reminding.look_if_due()
    assert "ana" not in dict(await post.letters())
    assert "mia" not in dict(await post.letters())


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_ever_told_twice_however_often_it_is_looked(post: Post, seed: int) -> None:
    wait = random.Random(seed)
    for number in range(12):
        if wait.random() < 0.5:
            [entry] = await post.programme.append(post.programme.entered(f"entry {number}"))
            if wait.random() < 0.5:
                await post.programme.append(post.programme.confirmed(entry))
        reminding = post.start_anew() if wait.random() < 0.5 else post.reminding
        for _ in range(wait.randint(1, 3)):
            await reminding.look()
        post.clock.advance(days=wait.choice([0, 1, 1, 3]))
    told = [(name, line) for name, text in await post.letters() for line in text.split("\n") if line.startswith("- ")]
    lines = [(name, line) for name, line in told if line.startswith("- With")]
    assert lines
    assert len(lines) == len(set(lines))
    assert len(told) == len(await post.told()), "what is noted as told stands in a letter"


async def test_a_letter_and_that_it_was_told_last_together(post: Post) -> None:
    repository = ReminderRepository(post.database, post.outbox)
    message = letter("reminders:x", post.programme.person_id("ana"), "Hello", "Hello")
    with pytest.raises(Exception, match=r"(?i)unique"):
        await repository.tell(message, ["twice", "twice"], at=NOW)
    assert await post.letters() == []


async def test_coordinators_are_told_the_newest_step_while_the_log_grows(post: Post) -> None:
    entered = dataclasses.replace(post.programme.entered("entry", mentee="ben"), at=post.clock.now_ms() - 1_000)
    [entry] = await post.programme.append(entered)
    await post.reminding.look_if_due()
    newest = await post.programme.log.newest()
    assert newest is not None
    assert newest.number == entry.number == 1
    assert f"step 1 of the hours log has the hash\n  {newest.hash}\n" in dict(await post.letters())["cora"]
    await post.programme.append(dataclasses.replace(post.programme.confirmed(entry), at=post.clock.now_ms()))
    for weeks, heads in ((1, 2), (2, 2), (3, 2)):
        post.clock.advance(days=7)
        await post.reminding.look_if_due()
        found = [text for name, text in await post.letters() if name == "cora" and "has the hash" in text]
        assert len(found) == heads, f"after {weeks} weeks"
    assert "step 2 of the hours log" in found[-1]
