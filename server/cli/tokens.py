"""`roundup tokens`: what lets programs read as a person does."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from protocol.api_tokens import DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, Email
from server.cli.run import Store, day, tell, with_store

if TYPE_CHECKING:
    from server.store.tokens import ListedToken

commands = typer.Typer(help="Personal API tokens, which only read.", no_args_is_help=True)


@commands.command("create")
def create(
    email: Email,
    name: Annotated[str, typer.Option(metavar="NAME", help="What it is for.")],
    days: Annotated[
        int, typer.Option(metavar="DAYS", min=1, max=MAX_TOKEN_DAYS, help="How long it works.")
    ] = DEFAULT_TOKEN_DAYS,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Make a token for somebody and print it. It cannot be shown again."""

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        person = await store.people.find(email)
        token, secret = await store.tokens.create(person.person_id, name, days, actor=OPERATOR)
        tell(asdict(token) | {"email": person.email, "secret": secret}, secret, as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("list")
def list_(
    email: Annotated[str | None, typer.Argument(metavar="[EMAIL]", help="Whose; else everybody's.")] = None,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List tokens, newest first.

    Those that have expired are listed for another 30 days.
    """

    async def work(store: Store) -> None:
        person_id = None if email is None else (await store.people.find(email)).person_id
        listed = await store.tokens.list_all(person_id)
        tell([_flat(one) for one in listed], "\n".join(map(_line, listed)), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="As in the list.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Make a token useless."""

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        token = await store.tokens.revoke(token_id, actor=OPERATOR)
        tell({"revoked": token.token_id}, f"{token.name} ({token.token_id}) is revoked.", as_json=as_json)

    with_store(data_dir, database_url, work)


def _flat(one: "ListedToken") -> dict[str, Any]:
    token = one.token
    return {
        "token_id": token.token_id,
        "email": one.email,
        "name": token.name,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }


def _line(one: "ListedToken") -> str:
    token = one.token
    used = "never used" if token.last_used_at is None else f"last used on {day(token.last_used_at)}"
    return f"{token.token_id:<24} {one.email:<32} {token.name:<28} until {day(token.expires_at)}, {used}"
