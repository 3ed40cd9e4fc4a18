"""`roundup people`: who is in the programme, and the links by which they sign in."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole
from server.cli.options import (
    DEFAULT,
    LINK_DAYS,
    AsJson,
    DatabaseUrl,
    DataDir,
    Email,
    LinkDays,
    LinkPort,
    LinkRoom,
    LinkTlsCert,
    PublicUrl,
)
from server.cli.run import Store, added_or_changed, day, failures_in_one_sentence, tell, warn, with_store
from server.clock import SystemClock
from server.errors import UserError
from server.people.links import base_url, sign_in_url
from server.spreadsheet import csv_of

if TYPE_CHECKING:
    from server.store.erasure import Found
    from server.store.people import PersonOverview

commands = typer.Typer(help="The programme's people and their sign-in links.", no_args_is_help=True)


@commands.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(metavar="NAME", help="What others see.")],
    role: Annotated[ProgrammeRole, typer.Option(help="What the person is in the programme.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Add somebody, or change their name and role.

    Somebody who was removed comes back, with everything that they have written.
    """

    async def work(store: Store) -> None:
        known = {one.person.email: one.removed_at for one in await store.people.list_people(with_removed=True)}
        person = await store.people.add_person(email, name, role)
        outcome = added_or_changed(known, person.email)
        text = f"{person.name} <{person.email}>, {person.role.value}, is {outcome}."
        tell(asdict(person) | {"outcome": outcome}, text, as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


@commands.command("list")
def list_(
    with_removed: Annotated[bool, typer.Option("--all", help="Those who were removed, too.")] = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List everybody, with their links and sign-ins."""

    async def work(store: Store) -> None:
        everybody = await store.people.list_people(with_removed=with_removed)
        tell([_flat(one) for one in everybody], "\n".join(map(_line, everybody)), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("link")
def link(
    email: Email,
    room: LinkRoom = None,
    days: LinkDays = LINK_DAYS,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    public_url: PublicUrl = DEFAULT.public_url,
    port: LinkPort = DEFAULT.port,
    tls_cert: LinkTlsCert = None,
    as_json: AsJson = False,
) -> None:
    """Make a sign-in link and print it. It cannot be shown again."""
    base = _base_url(public_url, port, tls_cert)

    async def work(store: Store) -> None:
        token = await store.people.create_link(email, room, timedelta(days=days))
        person = await store.people.find(email)
        url = sign_in_url(base, token)
        tell({"email": person.email, "link": url}, url, as_json=as_json)

    with_store(data_dir, database_url, work)
    _warn_of_local_links(public_url)


@commands.command("revoke")
def revoke(
    email: Email,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Make links and API tokens of somebody useless, and sign them out."""

    async def work(store: Store) -> None:
        count = await store.people.revoke(email)
        links = "1 link is" if count == 1 else f"{count} links are"
        tell({"revoked": count}, f"{links} revoked, and all sessions and API tokens ended.", as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("remove")
def remove(
    email: Email,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Take somebody out of the programme.

    Their links, sessions and API tokens end, and open pages within half a minute. What they wrote and when they were
    there stays. Adding the same address again brings them back.
    """

    async def work(store: Store) -> None:
        person = await store.people.remove(email)
        tell({"removed": person.email}, f"{person.name} <{person.email}> is removed.", as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("export")
def export(
    email: Email,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A ZIP that is made; none is written over.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Write all that is kept about somebody into a file.

    It is for them, when they ask for it. They can be in the programme, or removed from it. No secret is in it, but much
    that is nobody else's business.
    """

    async def work(store: Store) -> None:
        from server.people.names import email_of
        from server.people.service import OPERATOR
        from server.privacy.export import PersonalExports
        from server.store.erasure import ErasureRepository
        from server.store.personal import PersonalRepository

        person = _found(await ErasureRepository(store.database).find(email_of(email)), email)
        data = await PersonalExports(PersonalRepository(store.database), SystemClock()).make(person.person_id)
        _write_new(to, data)
        await store.people.note(person.person_id, "person_exported", actor=OPERATOR)
        tell({"file": str(to), "bytes": len(data)}, f"All about {person.name} <{person.email}>: {to}", as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("erase")
def erase(
    email: Email,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Erase somebody for good.

    That is their name and address, what they wrote in chats and in the hours log, their links and their connections.
    What others have a part in stays without their name: hours of their pairs, sums of attendance, boards and notes.
    The address may be added again, as somebody new. A run that was interrupted is finished by the next one, or by the
    server.
    """

    async def work(store: Store) -> None:
        from server.people.names import email_of
        from server.people.service import OPERATOR
        from server.privacy.erasure import create_eraser
        from server.store.erasure import ErasureRepository

        eraser = create_eraser(store.database, SystemClock())
        person = await ErasureRepository(store.database).find(email_of(email))
        if person is None:
            finished = await eraser.finish(actor=OPERATOR)
            if not finished.person_ids:
                raise _nobody(email)
            text = "Nobody has this address any more. What was left of an interrupted run is erased."
        else:
            if not is_sure:
                typer.confirm(f"Erase {person.name} <{person.email}>? This cannot be taken back", abort=True, err=True)
            finished = await eraser.erase(person.person_id, actor=OPERATOR)
            text = f"{person.person_id} is erased."
        if finished.unfinished:
            text += " They are in a meeting that is not over: the server erases what is left of it within a day."
        tell({"erased": finished.person_ids, "unfinished": finished.unfinished}, text, as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns email, name and role.")],
    room: LinkRoom = None,
    days: LinkDays = LINK_DAYS,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    public_url: PublicUrl = DEFAULT.public_url,
    port: LinkPort = DEFAULT.port,
    tls_cert: LinkTlsCert = None,
    as_json: AsJson = False,
) -> None:
    """Add or update everybody in a list, and make a link for each.

    All of them or, when there is a mistake in the list, nobody. The links are printed in the list's order, with the
    person that each belongs to; into a file or a pipe as CSV.
    """
    base = _base_url(public_url, port, tls_cert)

    async def work(store: Store) -> None:
        from server.people.lists import read_list

        imported = await store.people.import_people(read_list(file), room, timedelta(days=days))
        links = [
            {"email": one.person.email, "name": one.person.name, "link": sign_in_url(base, one.token)}
            for one in imported
        ]
        tell(
            links,
            _for_eyes(links) if sys.stdout.isatty() else csv_of(("email", "name", "link"), links),
            as_json=as_json,
        )

    with_store(data_dir, database_url, work, may_create=True)
    _warn_of_local_links(public_url)


def _found(person: "Found | None", email: str) -> "Found":
    if person is None:
        raise _nobody(email)
    return person


def _nobody(email: str) -> UserError:
    return UserError(ErrorCode.NOT_FOUND, f"Nobody here has the e-mail address {email.strip()}.")


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read. Raises `UserError`: there is one, or it cannot be."""
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
    except FileExistsError as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"There is a file {path} already.") from error
    except OSError as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"{path} cannot be written: {error.strerror}.") from error


def _base_url(public_url: str, port: int, tls_cert: Path | None) -> str:
    with failures_in_one_sentence():
        return base_url(public_url, port=port, is_tls=tls_cert is not None)


def _warn_of_local_links(public_url: str) -> None:
    if not public_url:
        warn("Without --public-url (ROUNDUP_PUBLIC_URL), links begin with localhost and work on this computer only.")


def _for_eyes(links: Sequence[dict[str, str]]) -> str:
    return "\n\n".join(f"{one['name']} <{one['email']}>\n  {one['link']}" for one in links)


def _flat(one: "PersonOverview") -> dict[str, Any]:
    return asdict(one.person) | {
        "valid_links": one.valid_links,
        "link_uses": one.link_uses,
        "last_sign_in_at": one.last_sign_in_at,
        "removed_at": one.removed_at,
    }


def _line(one: "PersonOverview") -> str:
    person = one.person
    if one.removed_at is not None:
        state = f"removed {day(one.removed_at)}"
    else:
        links = {0: "no valid link", 1: "1 valid link"}.get(one.valid_links, f"{one.valid_links} valid links")
        state = f"{links}, {_sign_ins(one)}"
    return f"{person.email:<32} {person.role.value:<12} {person.name:<28} {state}"


def _sign_ins(one: "PersonOverview") -> str:
    if one.last_sign_in_at is None:
        return "never signed in"
    times = "once" if one.link_uses == 1 else f"{one.link_uses} times"
    return f"signed in {times}, last on {day(one.last_sign_in_at)}"
