"""`roundup people`: who is in the programme, and the links by which they sign in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from protocol.roles import ProgrammeRole
from server.cli.options import DEFAULT, AsJson, DataDir, Email, LinkRoom, Port, PublicUrl, TlsCert
from server.cli.run import failures_in_one_sentence, open_store, print_json
from server.people.links import base_url, sign_in_url

if TYPE_CHECKING:
    from server.store.people import PersonOverview

commands = typer.Typer(help="The programme's people and their sign-in links.", no_args_is_help=True)


@commands.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="What others see.")],
    role: Annotated[ProgrammeRole, typer.Option(help="What the person is in the programme.")],
    data_dir: DataDir = DEFAULT.data_dir,
    as_json: AsJson = False,
) -> None:
    """Add somebody, or change the name and role of who has this e-mail address already."""

    async def work() -> None:
        async with open_store(data_dir) as store:
            person = await store.people.add_person(email, name, role)
        if as_json:
            print_json(person)
        else:
            typer.echo(f"{person.name} <{person.email}>, {person.role.value}")

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("list")
def list_(data_dir: DataDir = DEFAULT.data_dir, as_json: AsJson = False) -> None:
    """List everybody, with how many links they have that work and how often they signed in."""

    async def work() -> None:
        async with open_store(data_dir) as store:
            everybody = await store.people.list_people()
        if as_json:
            print_json([_flat(one) for one in everybody])
            return
        for one in everybody:
            person = one.person
            last = "never" if one.last_sign_in_at is None else f"last {_day(one.last_sign_in_at)}"
            typer.echo(
                f"{person.email:<32} {person.role.value:<12} {person.name:<28} "
                f"valid links: {one.valid_links}, sign-ins: {one.link_uses}, {last}"
            )

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("link")
def link(
    email: Email,
    room: LinkRoom = None,
    days: Annotated[int, typer.Option(min=1, max=3_660, help="How long the link works.")] = 30,
    data_dir: DataDir = DEFAULT.data_dir,
    public_url: PublicUrl = DEFAULT.public_url,
    port: Port = DEFAULT.port,
    tls_cert: TlsCert = None,
    as_json: AsJson = False,
) -> None:
    """Make a sign-in link and print it. It cannot be shown again."""

    async def work() -> None:
        base = base_url(public_url, port=port, is_tls=tls_cert is not None)
        async with open_store(data_dir) as store:
            token = await store.people.create_link(email, room, timedelta(days=days))
            person = await store.people.find(email)
        url = sign_in_url(base, token)
        if as_json:
            print_json({"email": person.email, "link": url})
        else:
            typer.echo(url)

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("revoke")
def revoke(email: Email, data_dir: DataDir = DEFAULT.data_dir, as_json: AsJson = False) -> None:
    """Make all of somebody's links useless, and sign them out wherever they have used one."""

    async def work() -> None:
        async with open_store(data_dir) as store:
            count = await store.people.revoke(email)
        if as_json:
            print_json({"revoked": count})
        else:
            typer.echo(f"{count} {'link is' if count == 1 else 'links are'} revoked, and all sessions ended.")

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the columns email, name and role.")],
    room: LinkRoom = None,
    data_dir: DataDir = DEFAULT.data_dir,
    public_url: PublicUrl = DEFAULT.public_url,
    port: Port = DEFAULT.port,
    tls_cert: TlsCert = None,
    as_json: AsJson = False,
) -> None:
    """Add or update everybody in a list, all or nobody, and print a sign-in link for each, in the list's order."""

    async def work() -> None:
        from server.people.lists import read_list

        base = base_url(public_url, port=port, is_tls=tls_cert is not None)
        entries = read_list(file)
        async with open_store(data_dir) as store:
            imported = await store.people.import_people(entries, room)
        links = [{"email": done.person.email, "link": sign_in_url(base, done.token)} for done in imported]
        if as_json:
            print_json(links)
        else:
            typer.echo("\n".join(made["link"] for made in links))

    with failures_in_one_sentence():
        asyncio.run(work())


def _flat(one: "PersonOverview") -> dict[str, Any]:
    figures = {"valid_links": one.valid_links, "link_uses": one.link_uses, "last_sign_in_at": one.last_sign_in_at}
    return asdict(one.person) | figures


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()
