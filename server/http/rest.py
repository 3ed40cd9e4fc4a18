"""The REST API's routes as a table: who may ask, what with, what is answered.

aiohttp is given its routes from it, and `openapi.py` describes it, so that neither can be behind the other.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web

from protocol.errors import ErrorCode
from protocol.room import Person
from protocol.wire import Failure, Wire
from server.errors import UserError
from server.http.replies import json_response
from server.http.session import reader, signed_in_person

PREFIX = "/api/v1"
JSON = "application/json"
MAX_BODY_BYTES = 65_536
_IN_PATH = re.compile(r"\{(\w+)\}")
ID_PATTERN = "[A-Za-z0-9_]{1,64}"
"""Of ids in paths."""
_ID = re.compile(ID_PATTERN)
_PLACE = re.compile(r"(?s)(.*) - at `\$(?:\.(\w+))?.*`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


class Failed(Wire, frozen=True, kw_only=True):
    """What every request is answered that fails."""

    error: Failure


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There are no parameters."""


class Access(Enum):
    """Who may ask."""

    READER = auto()
    """Whoever is signed in, and programs with an API token."""
    PAGE = auto()
    """Whoever is signed in, from a page."""


Query = TypeVar("Query", bound=msgspec.Struct)
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """A request, read and checked."""

    request: web.Request
    person: Person
    query: Query
    body: Body

    def part(self, name: str) -> str:
        """Return what stands in the path."""
        return self.request.match_info[name]


Answer = Wire | web.StreamResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[Query, Body]):
    """A request that is answered."""

    method: str
    path: str
    """Below `PREFIX`."""
    name: str
    """Of the operation, in the description."""
    summary: str
    handle: Callable[[Call[Query, Body]], Awaitable[Answer]]
    query: type[Query]
    body: type[Body] | None = None
    answer: type[Wire] | str
    """What is answered in JSON, or the media type of what is."""
    status: int = 200
    access: Access = Access.READER
    failures: Sequence[int] = ()
    """Statuses beside those that every request may have."""
    tag: str = "hours"

    @property
    def parts(self) -> list[str]:
        """Return the names of what varies in the path."""
        return _IN_PATH.findall(self.path)


AnyCall = Call[Any, Any]
AnyRoute = Route[Any, Any]


def add_routes(application: web.Application, routes: Sequence[AnyRoute]) -> None:
    """Let an application answer what is in the table."""
    for route in routes:
        application.router.add_route(route.method, PREFIX + route.path, _handler_of(route))


def _handler_of(route: AnyRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    identify = reader if route.access is Access.READER else signed_in_person

    async def handle(request: web.Request) -> web.StreamResponse:
        person = await identify(request)
        if not all(_ID.fullmatch(request.match_info[name]) for name in route.parts):
            raise UserError(ErrorCode.NOT_FOUND, "There is nothing of this name.")
        query = read_query(request, route.query)
        body = None if route.body is None else await _read_body(request, route.body)
        answer = await route.handle(Call(request, person, query, body))
        return answer if isinstance(answer, web.StreamResponse) else json_response(answer, status=route.status)

    return handle


def read_query(request: web.Request, into: type[Query]) -> Query:
    """Return the parameters of a request. Raises `UserError`: unknown, twice, or not what they should be."""
    given: dict[str, str] = {}
    for name, value in request.query.items():
        if name in given:
            raise UserError(ErrorCode.BAD_REQUEST, f"`{_shown(name)}` is there twice.")
        if value.casefold() == "null":  # it would be taken for nothing at all
            raise UserError(ErrorCode.BAD_REQUEST, f"`{_shown(name)}`: leave it out where nothing is meant.")
        given[name] = value
    try:
        return msgspec.convert(given, type=into, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, _sentence(error, "parameter")) from error


async def _read_body(request: web.Request, into: type[Body]) -> Body:
    if request.content_type != JSON:
        raise UserError(ErrorCode.BAD_REQUEST, f"The body is {JSON}.")
    if request.content_length is None or request.content_length > MAX_BODY_BYTES:
        raise UserError(ErrorCode.TOO_LARGE, "The body is of known size, and short.")
    try:
        return msgspec.json.decode(await request.read(), type=into)
    except (ValueError, RecursionError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, _sentence(error, "field")) from error


def _sentence(error: Exception, what: str) -> str:
    said = str(error)
    unknown = _UNKNOWN.match(said)
    if unknown is not None:
        return f"There is no {what} `{_shown(unknown[1])}`."
    found = _PLACE.fullmatch(said)
    if found is None:
        return f"That could not be read: {_shown(said)}."
    reason = found[1][:1].lower() + found[1][1:]
    return f"`{found[2]}`: {_shown(reason)}." if found[2] else f"That could not be read: {_shown(reason)}."


def _shown(text: str) -> str:
    """Return what somebody has sent as it can be said back."""
    return "".join(c if c.isprintable() else "?" for c in text[:200])
