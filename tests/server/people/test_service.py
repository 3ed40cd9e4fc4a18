"""People, their sign-in links and their sessions."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole, RoomKind
from server.errors import StoreError, UserError
from server.people.service import PeopleService
from server.store.database import Database
from server.store.location import Location
from server.store.models import AuditEntryRow, SignInSessionRow
from server.store.people import MAX_SESSIONS_PER_PERSON, Entry, PeopleRepository
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock
from tests.support.postgresql import PostgresServer

ANA = "ana@school.example"


@pytest.fixture(autouse=True)
async def ana(people: PeopleService) -> None:
    await people.add_person(ANA, "Ana Lima", ProgrammeRole.TEACHER)


async def actions(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(AuditEntryRow.action, AuditEntryRow.detail).order_by(AuditEntryRow.entry_id)
        )
    return [(row.action, row.detail) for row in rows]


async def test_an_address_in_any_case_is_one_person(people: PeopleService) -> None:
    first = await people.find(ANA)
    again = await people.add_person("  ANA@School.Example ", "Ana Lima Souza", ProgrammeRole.MENTOR)
    assert again.person_id == first.person_id
    everybody = await people.list_people()
    assert [(one.person.email, one.person.name, one.person.role) for one in everybody] == [
        (ANA, "Ana Lima Souza", ProgrammeRole.MENTOR)
    ]


@pytest.fixture
def read_everything(request: pytest.FixtureRequest, location: Location) -> Callable[[], str]:
    """Return what reads all that is stored."""

    def read() -> str:
        if isinstance(location, Path):
            return b"".join(path.read_bytes() for path in location.iterdir()).decode("latin-1")
        server: PostgresServer = request.getfixturevalue("postgresql")
        return server.dump(location.name.rpartition("/")[2])

    return read


async def test_adding_and_changing_a_role_is_audited(people: PeopleService, database: Database) -> None:
    await people.add_person(ANA, "Ana L.", ProgrammeRole.TEACHER)
    await people.add_person(ANA, "Ana L.", ProgrammeRole.COORDINATOR)
    assert await actions(database) == [
        ("person_added", "as teacher"),
        ("role_changed", "from teacher to coordinator"),
    ]


async def test_a_link_signs_in_and_leads_to_its_room(people: PeopleService, rooms: RoomRepository) -> None:
    await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=0)
    used = await people.use_link(await people.create_link(ANA, "lounge"))
    assert used is not None
    assert (used.person.email, used.room_slug) == (ANA, "lounge")
    assert await people.person_of_session(used.session_token) == used.person


async def test_a_link_without_a_room_leads_home(people: PeopleService) -> None:
    used = await people.use_link(await people.create_link(ANA))
    assert used is not None
    assert used.room_slug is None


async def test_a_link_to_an_unknown_room_or_person_is_not_made(people: PeopleService) -> None:
    with pytest.raises(UserError, match="cannot be part of a link"):
        await people.create_link(ANA, "\udcff")
    with pytest.raises(UserError, match="no room 'attic'") as caught:
        await people.create_link(ANA, "attic")
    assert caught.value.code == ErrorCode.NOT_FOUND
    with pytest.raises(UserError, match="Nobody here"):
        await people.create_link("ben@school.example")
    assert [one.valid_links for one in await people.list_people()] == [0]


async def test_every_use_is_counted_and_begins_a_session_of_its_own(people: PeopleService, clock: ManualClock) -> None:
    token = await people.create_link(ANA)
    first = await people.use_link(token)
    clock.advance(seconds=5)
    second = await people.use_link(token)
    assert first is not None
    assert second is not None
    assert first.session_token != second.session_token
    [ana] = await people.list_people()
    assert (ana.valid_links, ana.link_uses, ana.last_sign_in_at) == (1, 2, clock.now_ms())


async def test_a_full_disk_keeps_nobody_out_whose_session_is_to_be_extended(
    people: PeopleService, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in = await people.use_link(await people.create_link(ANA))
    assert signed_in is not None
    clock.advance(seconds=2 * 3_600)

    async def fail(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(PeopleRepository, "extend_session", fail)
    with capture_logs() as logs:
        person = await people.person_of_session(signed_in.session_token)
    assert person is not None
    assert [log["during"] for log in logs] == ["session_not_extended"]


async def test_uses_at_the_same_time_are_all_counted(people: PeopleService) -> None:
    token = await people.create_link(ANA)
    await asyncio.gather(*(people.use_link(token) for _ in range(20)))
    assert [one.link_uses for one in await people.list_people()] == [20]


async def test_a_link_expires(people: PeopleService, clock: ManualClock) -> None:
    token = await people.create_link(ANA, lifetime=timedelta(hours=1))
    clock.advance(seconds=3_599)
    assert await people.use_link(token) is not None
    clock.advance(seconds=1)
    assert await people.use_link(token) is None
    assert [one.valid_links for one in await people.list_people()] == [0]


async def test_revoking_ends_every_link_and_the_sessions_made_from_them(people: PeopleService) -> None:
    await people.add_person("ben@school.example", "Ben", ProgrammeRole.TEACHER)
    tokens = [await people.create_link(ANA) for _ in range(2)]
    sessions = [used.session_token for token in tokens if (used := await people.use_link(token))]
    other = await people.use_link(await people.create_link("ben@school.example"))
    assert len(sessions) == 2
    assert other is not None
    assert await people.revoke(ANA) == 2
    assert [await people.use_link(token) for token in tokens] == [None, None]
    assert [await people.person_of_session(token) for token in sessions] == [None, None]
    assert await people.person_of_session(other.session_token) is not None
    assert await people.revoke(ANA) == 0


async def test_revoking_ends_sessions_of_links_that_had_already_expired(
    people: PeopleService, clock: ManualClock
) -> None:
    used = await people.use_link(await people.create_link(ANA, lifetime=timedelta(hours=1)))
    assert used is not None
    clock.advance(days=1)
    assert await people.person_of_session(used.session_token) is not None
    assert await people.revoke(ANA) == 0
    assert await people.person_of_session(used.session_token) is None


async def test_who_is_removed_can_do_nothing_any_more(people: PeopleService, database: Database) -> None:
    token = await people.create_link(ANA)
    used = await people.use_link(token)
    assert used is not None
    assert (await people.remove(ANA)).name == "Ana Lima"
    assert await people.use_link(token) is None
    assert await people.person_of_session(used.session_token) is None
    assert await people.list_people() == []
    for refused in (people.find(ANA), people.create_link(ANA), people.revoke(ANA), people.remove(ANA)):
        with pytest.raises(UserError, match="Nobody here"):
            await refused
    [ana] = await people.list_people(with_removed=True)
    assert (ana.person, ana.valid_links, ana.link_uses) == (used.person, 0, 1)
    assert ana.removed_at is not None
    assert ("person_removed", "") in await actions(database)


async def test_who_is_added_again_is_back_but_their_links_are_not(people: PeopleService, database: Database) -> None:
    token = await people.create_link(ANA)
    used = await people.use_link(token)
    assert used is not None
    await people.remove(ANA)
    back = await people.add_person(ANA, "Ana Maria", ProgrammeRole.MENTOR)
    assert back.person_id == used.person.person_id
    assert await people.find(ANA) == back
    [ana] = await people.list_people()
    assert (ana.person, ana.removed_at) == (back, None)
    assert await people.use_link(token) is None
    assert await people.person_of_session(used.session_token) is None
    again = await people.use_link(await people.create_link(ANA))
    assert again is not None
    assert again.person == back
    assert ("person_restored", "as mentor") in await actions(database)


async def test_an_import_brings_back_who_was_removed(people: PeopleService) -> None:
    before = await people.find(ANA)
    await people.remove(ANA)
    [done] = await people.import_people([Entry(ANA, before.name, before.role)])
    assert done.person == before
    assert await people.use_link(done.token) is not None


async def test_a_link_to_a_room_that_was_removed_leads_home(people: PeopleService, rooms: RoomRepository) -> None:
    lounge = await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=0)
    token = await people.create_link(ANA, "lounge")
    await rooms.remove_room(lounge.room_id, actor="operator", at=1)
    used = await people.use_link(token)
    assert used is not None
    assert used.room_slug is None
    with pytest.raises(UserError, match="no room 'lounge'"):
        await people.create_link(ANA, "lounge")


async def test_the_programme_has_the_name_that_it_was_given(people: PeopleService, database: Database) -> None:
    assert await people.programme_name() == "Roundup"
    assert await people.name_programme("  Lakeside  ") == "Lakeside"
    assert await people.programme_name() == "Lakeside"
    assert ("programme_named", "Lakeside") in await actions(database)
    with pytest.raises(UserError, match="name is missing"):
        await people.name_programme(" ")


async def test_links_of_an_import_last_as_long_as_was_asked_for(people: PeopleService, clock: ManualClock) -> None:
    [done] = await people.import_people([Entry(ANA, "Ana", ProgrammeRole.TEACHER)], lifetime=timedelta(days=2))
    clock.advance(days=1)
    assert await people.use_link(done.token) is not None
    clock.advance(days=1)
    assert await people.use_link(done.token) is None


async def test_links_are_audited(people: PeopleService, database: Database) -> None:
    token = await people.create_link(ANA)
    await people.revoke(ANA)
    assert [action for action, _ in await actions(database)] == ["person_added", "link_created", "links_revoked"]
    assert all(token not in detail for _, detail in await actions(database))


async def test_a_session_lives_on_while_it_is_used(people: PeopleService, clock: ManualClock) -> None:
    used = await people.use_link(await people.create_link(ANA))
    assert used is not None
    for _ in range(4):
        clock.advance(days=29)
        assert await people.person_of_session(used.session_token) is not None
    clock.advance(days=30)
    assert await people.person_of_session(used.session_token) is None


async def test_a_session_can_be_ended(people: PeopleService) -> None:
    used = await people.use_link(await people.create_link(ANA))
    assert used is not None
    await people.sign_out(used.session_token)
    await people.sign_out(used.session_token)
    assert await people.person_of_session(used.session_token) is None


async def test_sessions_that_have_run_out_do_not_pile_up(
    people: PeopleService, clock: ManualClock, database: Database
) -> None:
    token = await people.create_link(ANA, lifetime=timedelta(days=365))
    for _ in range(3):
        await people.use_link(token)
        clock.advance(days=31)
    await people.use_link(token)
    async with database.reading() as session:
        assert len((await session.scalars(select(SignInSessionRow))).all()) == 1


async def test_of_too_many_sessions_the_longest_unseen_end(people: PeopleService, clock: ManualClock) -> None:
    token = await people.create_link(ANA)
    sessions = []
    for _ in range(MAX_SESSIONS_PER_PERSON):
        used = await people.use_link(token)
        assert used is not None
        sessions.append(used.session_token)
        clock.advance(seconds=60)
    clock.advance(days=1)
    assert await people.person_of_session(sessions[0]) is not None, "seen again just now"
    await people.use_link(token)
    assert await people.person_of_session(sessions[0]) is not None
    assert await people.person_of_session(sessions[1]) is None
    assert await people.person_of_session(sessions[2]) is not None


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "a" * 10_000, "../../etc/passwd", "a" * 42 + "\n", "\0" * 43])
async def test_what_is_no_token_is_nobodys(people: PeopleService, token: str) -> None:
    assert await people.use_link(token) is None
    assert await people.person_of_session(token) is None
    await people.sign_out(token)


async def test_no_secret_is_readable_in_the_database(people: PeopleService, read_everything: Callable[[], str]) -> None:
    token = await people.create_link(ANA)
    used = await people.use_link(token)
    assert used is not None
    stored = read_everything()
    assert ANA in stored, "the right place was read"
    assert token not in stored
    assert used.session_token not in stored


async def test_a_link_token_is_no_session_token(people: PeopleService) -> None:
    token = await people.create_link(ANA)
    used = await people.use_link(token)
    assert used is not None
    assert await people.person_of_session(token) is None
    assert await people.use_link(used.session_token) is None


async def test_an_import_adds_updates_and_links_in_order(people: PeopleService) -> None:
    entries = [
        Entry("Zoe@school.example", "Zoe", ProgrammeRole.MENTOR),
        Entry(ANA, "Ana Maria", ProgrammeRole.FACILITATOR),
    ]
    imported = await people.import_people(entries)
    assert [done.person.email for done in imported] == ["zoe@school.example", ANA]
    for done in imported:
        used = await people.use_link(done.token)
        assert used is not None
        assert used.person == done.person
    assert (await people.find(ANA)).role == ProgrammeRole.FACILITATOR


async def test_an_import_is_as_good_for_a_thousand(people: PeopleService) -> None:
    entries = [Entry(f"p{number}@school.example", f"Person {number}", ProgrammeRole.TEACHER) for number in range(1_200)]
    first = await people.import_people(entries)
    second = await people.import_people(entries)
    assert [done.person for done in first] == [done.person for done in second]
    assert len({done.token for done in (*first, *second)}) == 2_400
    everybody = await people.list_people()
    assert len(everybody) == 1_201
    assert {one.valid_links for one in everybody if one.person.email != ANA} == {2}


@pytest.mark.parametrize(
    ("entry", "room"),
    [
        (Entry("not an address", "Zoe", ProgrammeRole.MENTOR), None),
        (Entry("zoe@school.example", " ", ProgrammeRole.MENTOR), None),
        (Entry("zoe@school.example", "Zoe", ProgrammeRole.MENTOR), "no-such-room"),
    ],
)
async def test_an_import_with_a_mistake_adds_nobody(people: PeopleService, entry: Entry, room: str | None) -> None:
    with pytest.raises(UserError):
        await people.import_people([Entry("yan@school.example", "Yan", ProgrammeRole.TEACHER), entry], room)
    assert [one.person.email for one in await people.list_people()] == [ANA]
