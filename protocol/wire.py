"""The bases and limits that every message shares."""

from typing import Annotated

import msgspec

MAX_MESSAGE_BYTES = 65_536
"""One Socket.IO message from a page."""
MAX_CHAT_CHARACTERS = 4_000
"""Unicode code points in one chat message."""
MAX_CHAT_PAGE = 50
"""Messages in one page of chat history."""
MAX_NAME_CHARACTERS = 80

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""An identifier made by the server, or a random one made by the page (`request_id`, `endpoint_id`).

Without control characters: not every database takes a text with a zero in it."""
SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z"
Slug = Annotated[str, msgspec.Meta(pattern=SLUG_PATTERN)]
"""A room's name in links."""
Instant = Annotated[int, msgspec.Meta(ge=0)]
"""A moment: milliseconds since 1970-01-01 UTC, by the server's clock."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """A value that travels, in both directions, with `snake_case` names."""


class Request(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page asks. The Socket.IO event carries the request's name, its only argument these fields.

    It is acknowledged with `{"ok": reply}` or `{"error": {"code", "text"}}`, which is a `Failure`.
    """


class Mutation(Request, frozen=True, kw_only=True):
    """A request that changes something: applied once, however often it arrives with the same `request_id`."""

    request_id: Id


class Empty(Wire, frozen=True, kw_only=True):
    """The reply of a request that has nothing to tell."""


class Failure(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """The `error` of a failed acknowledgement."""

    code: str
    text: str
    retry_after_s: int | None = None
    """Before so many seconds have passed, the same request fails again."""
