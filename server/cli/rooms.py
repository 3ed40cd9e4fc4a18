"""`roundup rooms`: the lasting places, and what people are in them."""

import asyncio
from typing import Annotated

import typer

from protocol.errors import ErrorCode
from protocol.roles import RoomKind, RoomRole
from server.cli.options import DEFAULT, AsJson, DataDir, Email, RoomSlug
from server.cli.run import failures_in_one_sentence, open_store, print_json
from server.clock import SystemClock
from server.errors import UserError

commands = typer.Typer(help="The programme's rooms.", no_args_is_help=True)

_DEFAULT_ROLE = "default"


@commands.command("add")
def add(
    slug: RoomSlug,
    name: Annotated[str, typer.Option(help="What people see.")],
    kind: Annotated[RoomKind, typer.Option(help="What the room is for.")] = RoomKind.ROUND_UP,
    data_dir: DataDir = DEFAULT.data_dir,
    as_json: AsJson = False,
) -> None:
    """Add a room, or change the name and kind of the one that is called so in links already."""

    async def work() -> None:
        from server.people.names import name_of, slug_of

        async with open_store(data_dir) as store:
            room = await store.rooms.add_room(slug_of(slug), name_of(name), kind, at=SystemClock().now_ms())
        if as_json:
            print_json(room)
        else:
            typer.echo(f"{room.name} is at /r/{room.slug}.")

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("list")
def list_(data_dir: DataDir = DEFAULT.data_dir, as_json: AsJson = False) -> None:
    """List all rooms."""

    async def work() -> None:
        async with open_store(data_dir) as store:
            rooms = await store.rooms.list_rooms()
        if as_json:
            print_json(rooms)
            return
        for room in rooms:
            typer.echo(f"{room.slug:<32} {room.kind.value:<12} {room.name}")

    with failures_in_one_sentence():
        asyncio.run(work())


@commands.command("role")
def role(
    slug: RoomSlug,
    email: Email,
    role: Annotated[str, typer.Argument(help=f"{', '.join(RoomRole)}, or default: by the programme role.")],
    data_dir: DataDir = DEFAULT.data_dir,
    as_json: AsJson = False,
) -> None:
    """Say what somebody is in a room, from the next time they enter."""

    async def work() -> None:
        from server.people.service import OPERATOR

        given = _room_role(role)
        async with open_store(data_dir) as store:
            person = await store.people.find(email)
            room = await store.rooms.find_room(slug)
            if room is None:
                raise UserError(ErrorCode.NOT_FOUND, f"There is no room {slug!r}.")
            now = SystemClock().now_ms()
            await store.rooms.set_room_role(room.room_id, person.person_id, given, actor=OPERATOR, at=now)
        if as_json:
            print_json({"slug": room.slug, "email": person.email, "role": given})
        else:
            typer.echo(f"{person.name} is {_DEFAULT_ROLE if given is None else given.value} in {room.name}.")

    with failures_in_one_sentence():
        asyncio.run(work())


def _room_role(text: str) -> RoomRole | None:
    if text == _DEFAULT_ROLE:
        return None
    try:
        return RoomRole(text)
    except ValueError as error:
        roles = ", ".join((*RoomRole, _DEFAULT_ROLE))
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no role in a room; there are {roles}.") from error
