"""What is wrong with a PostgreSQL database, in one sentence that tells no secret."""

import socket
import traceback
from contextlib import closing
from dataclasses import replace
from urllib.parse import quote

import pytest
from sqlalchemy import text

from server.errors import StartupError, StoreError
from server.store.database import Database
from server.store.location import DatabaseUrl
from tests.support.postgresql import HOST, PASSWORD, USER, PostgresServer


async def assert_not_opened(location: DatabaseUrl, reason: str) -> None:
    with pytest.raises(StartupError) as caught:
        await Database.open(location)
    assert str(caught.value) == f"The database {location.name} cannot be used: {reason}."
    told = "".join(traceback.format_exception(caught.value)) + repr(location)
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in told


async def test_a_server_that_is_not_there_is_said(database_url: DatabaseUrl, postgresql: PostgresServer) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        port = taken.getsockname()[1]
    elsewhere = database_url.text.replace(str(postgresql.port), str(port))
    await assert_not_opened(replace(database_url, text=elsewhere), "it cannot be reached")
    nowhere = database_url.text.replace(HOST, "nowhere.invalid")
    await assert_not_opened(replace(database_url, text=nowhere), "it cannot be reached")


async def test_a_server_that_does_not_answer_is_said(
    database_url: DatabaseUrl, postgresql: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.postgresql.connection.CONNECT_TIMEOUT_S", 0.1)
    with closing(socket.create_server((HOST, 0))) as silent:
        there = database_url.text.replace(str(postgresql.port), str(silent.getsockname()[1]))
        await assert_not_opened(replace(database_url, text=there), "it does not answer in time")


async def test_a_user_who_is_not_let_in_is_said(database_url: DatabaseUrl, postgresql: PostgresServer) -> None:
    reason = "it does not accept the user or the password"
    name = database_url.name.rpartition("/")[2]
    for user, password in ((USER, "wrong"), ("nobody", PASSWORD)):
        url = postgresql.url(name, user=user, password=password)
        await assert_not_opened(replace(database_url, text=url), reason)


async def test_a_database_that_is_missing_is_said(postgresql: PostgresServer) -> None:
    reason = "there is no database of this name; make it with createdb"
    await assert_not_opened(postgresql.location("no_such_database"), reason)


async def test_a_user_who_may_make_no_tables_is_told_so(postgresql: PostgresServer) -> None:
    name = postgresql.create_database()
    postgresql.sql(f"ALTER DATABASE {name} OWNER TO postgres")
    reason = "its user may not do that; make the user the owner of the database"
    await assert_not_opened(postgresql.location(name), reason)


async def test_too_many_connections_are_said(database_url: DatabaseUrl, postgresql: PostgresServer) -> None:
    name = database_url.name.rpartition("/")[2]
    postgresql.sql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await assert_not_opened(database_url, "it has too many connections")


async def test_a_database_that_may_only_be_read_is_said(database_url: DatabaseUrl, postgresql: PostgresServer) -> None:
    name = database_url.name.rpartition("/")[2]
    postgresql.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await assert_not_opened(database_url, "it is not writable")


async def test_a_database_that_cannot_hold_every_text_is_refused(postgresql: PostgresServer) -> None:
    postgresql.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    await assert_not_opened(postgresql.location("latin"), "its encoding is LATIN1 instead of UTF8")


async def test_tables_of_somebody_else_are_left_alone(postgresql: PostgresServer) -> None:
    name = postgresql.create_database()
    postgresql.sql("CREATE TABLE person (theirs text)", name)
    await assert_not_opened(postgresql.location(name), 'relation "person" already exists')
    assert postgresql.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == "person"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("53100", "the disk is full"),
        ("58030", "the disk reports an error"),
        ("XX001", "it is damaged; restore a backup"),
        ("57014", "it does not answer in time"),
        ("57P01", "it is stopping"),
        ("08006", "the connection to it was lost"),
    ],
)
async def test_what_goes_wrong_in_a_write_is_said_and_undone(
    database_url: DatabaseUrl, postgresql: PostgresServer, code: str, reason: str
) -> None:
    name = database_url.name.rpartition("/")[2]
    database = await Database.open(database_url)
    fail = f"BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END"
    postgresql.sql(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ {fail} $$", name)
    postgresql.sql("CREATE TRIGGER fail BEFORE INSERT ON room EXECUTE FUNCTION fail()", name)
    programme = text("INSERT INTO programme VALUES ('programme', 'Lakeside', 1)")

    async def write() -> None:
        async with database.session() as session:
            await session.execute(programme)
            await session.execute(text("INSERT INTO room VALUES ('r', 'programme', 'lab', 'Lab', 'lounge', 1)"))

    with pytest.raises(StoreError) as caught:
        await write()
    assert caught.value.reason == f"The database {database_url.name} cannot be used: {reason}."
    async with database.session() as session:
        await session.execute(programme)  # nothing of it is there
    await database.close()


async def test_a_statement_that_takes_too_long_is_ended(
    database_url: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(database_url)
    settings = {"statement_timeout": "100ms"}
    monkeypatch.setattr("server.store.postgresql.connection._SETTINGS", settings)
    with pytest.raises(StoreError, match="does not answer in time"):
        async with database.reading() as session:
            await session.execute(text("SELECT pg_sleep(60)"))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await database.close()
