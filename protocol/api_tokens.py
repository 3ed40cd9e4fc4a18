"""Personal API tokens over plain HTTP: with one, a program reads what its person may read, and changes nothing."""

from typing import Annotated

import msgspec

from protocol.wire import MAX_NAME_CHARACTERS, Instant, Wire

DEFAULT_TOKEN_DAYS = 90
MAX_TOKEN_DAYS = 366
MAX_TOKENS = 20
"""Of one person, that work at the same time."""


class ApiToken(Wire, frozen=True, kw_only=True):
    """A token as its person sees it: all but the secret."""

    token_id: str
    name: str
    created_at: Instant
    expires_at: Instant
    last_used_at: Instant | None
    """To the minute."""


class ApiTokenList(Wire, frozen=True, kw_only=True):
    """`GET /api/tokens`: the caller's tokens, newest first; also those that expired in the last 30 days."""

    tokens: tuple[ApiToken, ...] = ()


class NewApiToken(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/tokens`: make one."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_TOKEN_DAYS)] = DEFAULT_TOKEN_DAYS
    """How long it works."""


class CreatedApiToken(Wire, frozen=True, kw_only=True):
    """What `POST /api/tokens` answers."""

    token: ApiToken
    secret: str
    """Shown this once: the server keeps only a hash of it."""
