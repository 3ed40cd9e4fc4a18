"""`roundup rooms`: the lasting places, and what people are in them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from protocol.errors import ErrorCode
from protocol.roles import RoomKind, RoomRole
from protocol.room import RoomInfo
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, Email, RoomSlug
from server.cli.run import Store, added_or_changed, day, tell, with_store
from server.clock import SystemClock
from server.errors import UserError

if TYPE_CHECKING:
    from server.store.rooms import RoomOverview

commands = typer.Typer(help="The programme's rooms.", no_args_is_help=True)

_DEFAULT_ROLE = "default"


@commands.command("add")
def add(
    slug: RoomSlug,
    name: Annotated[str, typer.Option(metavar="NAME", help="What people see.")],
    kind: Annotated[RoomKind, typer.Option(help="What the room is for.")] = RoomKind.ROUND_UP,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Add a room, or change its name and kind.

    A room that was removed comes back, with everything that was written in it.
    """

    async def work(store: Store) -> None:
        from server.people.names import name_of, slug_of
        from server.people.service import OPERATOR

        now = SystemClock().now_ms()
        known = {one.room.slug: one.removed_at for one in await store.rooms.list_rooms(with_removed=True)}
        room = await store.rooms.add_room(slug_of(slug), name_of(name), kind, actor=OPERATOR, at=now)
        outcome = added_or_changed(known, room.slug)
        text = f"{room.name} is {outcome}, at /r/{room.slug}."
        tell(asdict(room) | {"outcome": outcome}, text, as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


@commands.command("list")
def list_(
    with_removed: Annotated[bool, typer.Option("--all", help="Those that were removed, too.")] = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List all rooms."""

    async def work(store: Store) -> None:
        rooms = await store.rooms.list_rooms(with_removed=with_removed)
        tell([_flat(one) for one in rooms], "\n".join(map(_line, rooms)), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("remove")
def remove(
    slug: RoomSlug,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Close a room for good.

    Nobody can enter it any more; who is inside may stay until they leave. What was written in it stays. Adding the
    same name in links again brings it back.
    """

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        room = await _find(store, slug)
        await store.rooms.remove_room(room.room_id, actor=OPERATOR, at=SystemClock().now_ms())
        tell({"removed": room.slug}, f"{room.name} is removed.", as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("role")
def role(
    slug: RoomSlug,
    email: Email,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{', '.join(RoomRole)}, or {_DEFAULT_ROLE}.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say what somebody is in a room, from the next time they enter.

    With the role "default" it follows from what they are in the programme.
    """

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        given = _room_role(role)
        person = await store.people.find(email)
        room = await _find(store, slug)
        now = SystemClock().now_ms()
        await store.rooms.set_room_role(room.room_id, person.person_id, given, actor=OPERATOR, at=now)
        name = _DEFAULT_ROLE if given is None else given.value
        value = {"slug": room.slug, "email": person.email, "role": given}
        tell(value, f"{person.name} is {name} in {room.name}.", as_json=as_json)

    with_store(data_dir, database_url, work)


async def _find(store: Store, slug: str) -> RoomInfo:
    from server.people.names import slug_of

    room = await store.rooms.find_room(slug_of(slug))
    if room is None:
        raise UserError(ErrorCode.NOT_FOUND, f"There is no room {slug!r}.")
    return room


def _flat(one: "RoomOverview") -> dict[str, Any]:
    return asdict(one.room) | {"removed_at": one.removed_at}


def _line(one: "RoomOverview") -> str:
    room = one.room
    state = "" if one.removed_at is None else f" (removed {day(one.removed_at)})"
    return f"{room.slug:<32} {room.kind.value:<12} {room.name}{state}"


def _room_role(text: str) -> RoomRole | None:
    if text == _DEFAULT_ROLE:
        return None
    try:
        return RoomRole(text)
    except ValueError as error:
        roles = ", ".join((*RoomRole, _DEFAULT_ROLE))
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no role in a room; there are {roles}.") from error
