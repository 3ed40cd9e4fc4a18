"""What is credited in the hours log is told to the record store: with the step, or not at all."""

import dataclasses

import msgspec
import pytest
from sqlalchemy import select

from protocol.hours import EntryAction, Side
from server.outbox.statements import XAPI, statement_about
from server.store.database import Database
from server.store.hours_log import Announcer, HoursLogRepository
from server.store.models import HoursLogRow, OutboxMessageRow
from server.store.outbox import OutboxRepository
from tests.support.hours import Programme

HOME = "https://rooms.example.org"


@pytest.fixture
async def programme(database: Database) -> Programme:
    """Make one that tells a record store."""
    made = Programme(database)
    made.log = HoursLogRepository(
        database, Announcer(OutboxRepository(database, [XAPI]), lambda credited: statement_about(credited, HOME))
    )
    await made.set_up()
    return made


async def told(programme: Programme) -> list[tuple[str, str, str | None]]:
    """Return verb, actor and duration of what waits to be sent."""
    async with programme.database.reading() as session:
        rows = list(await session.scalars(select(OutboxMessageRow).order_by(OutboxMessageRow.message_id)))
    found = []
    for row in rows:
        statement = msgspec.json.decode(row.body)
        actor = statement["actor"]["account"]["name"]
        assert row.person_id == actor
        found.append((statement["verb"]["display"]["en"], actor, statement["result"]["duration"]))
    return found


async def test_the_second_yes_and_the_approval_are_told_and_nothing_before(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))
    assert await told(programme) == []
    [confirmed] = await programme.append(programme.confirmed(entered))
    attended = ("attended", programme.person_id("ana"), "PT30M")
    assert await told(programme) == [attended]
    cora = programme.person_id("cora")
    approved = dataclasses.replace(
        confirmed.latest, action=EntryAction.APPROVED, side=Side.COORDINATOR, author_id=cora, at=3_000, text=None
    )
    [after] = await programme.append(approved)
    assert await told(programme) == [attended, ("approved", cora, "PT30M")]
    await programme.append(
        dataclasses.replace(after.latest, action=EntryAction.MEASURED, side=Side.SERVER, author_id=None)
    )
    assert len(await told(programme)) == 2


async def test_one_yes_of_two_is_no_credit(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))
    [disputed] = await programme.append(
        dataclasses.replace(programme.confirmed(entered), action=EntryAction.DISPUTED, text="No.")
    )
    ana = programme.person_id("ana")
    again = dataclasses.replace(
        disputed.latest, action=EntryAction.CONFIRMED, side=Side.MENTEE, author_id=ana, at=4_000, text=None
    )
    await programme.append(again)
    assert await told(programme) == []


async def test_what_is_not_kept_is_not_told(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))

    async def confirm_and_fail() -> None:
        async with programme.log.writing() as writer:
            await writer.append([programme.confirmed(entered)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await confirm_and_fail()
    assert await told(programme) == []
    async with programme.database.reading() as session:
        assert len(list(await session.scalars(select(HoursLogRow)))) == 1


async def test_what_cannot_be_told_is_not_kept(programme: Programme) -> None:
    def fail(_credited: object) -> None:
        raise RuntimeError

    [entered] = await programme.append(programme.entered("entry"))
    outbox = OutboxRepository(programme.database, [XAPI])
    programme.log = HoursLogRepository(programme.database, Announcer(outbox, fail))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        await programme.append(programme.confirmed(entered))
    assert len(await programme.log.rows_of("entry")) == 1
