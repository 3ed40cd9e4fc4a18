"""The description of the REST API (OpenAPI 3.1), made from the very table that its routes are made from."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from server.http.parts import PARTS
from server.http.replies import encode_json
from server.http.rest import ID_PATTERN, JSON, PREFIX, Access, AnyRoute, Failed

VERSION = "1.0.0"
"""Of the API: the second number grows with what is added, the first one with the path."""
DESCRIPTION_PATH = f"{PREFIX}/openapi.json"
_REFERENCE = "#/components/schemas/{name}"
_FAILURES: Mapping[int, str] = {
    400: "A parameter, or the body, is not what it should be.",
    401: "Nobody is signed in, or the API token does not work.",
    403: "That is not for you, or not by this way.",
    404: "It is not there, or not for you.",
    409: "It has changed since you have seen it: look again.",
    413: "The body is too long.",
    429: "That was too much: try again later.",
    500: "Something went wrong on the server's side.",
    503: "Nothing can be looked up or kept just now: try again in a moment.",
}
_ALWAYS = (400, 401, 500, 503)
_ABOUT = (
    "The mentoring-hours log. Days are those of the programme's time zone; instants are milliseconds since 1970 UTC. "
    "Programs sign in with a personal API token, which only reads."
)
_Json = dict[str, Any]


def describe(routes: Sequence[AnyRoute]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return what answers `GET /api/v1/openapi.json`: to anybody, because it tells of nobody."""

    async def get_description(request: web.Request) -> web.Response:
        address = request.app[PARTS].address
        described = description(routes, address.cookie_name) | {"servers": [{"url": address.base_url}]}
        return web.Response(body=encode_json(described), content_type=JSON)

    return get_description


def description(routes: Sequence[AnyRoute], cookie_name: str) -> _Json:
    """Return the description of a table of routes."""
    types = {one for route in routes for one in (route.query, route.body, route.answer) if isinstance(one, type)}
    ordered = sorted({*types, Failed}, key=lambda one: one.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    paths: dict[str, _Json] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, components)
    queries = {route.query.__name__ for route in routes}
    schemas = {name: schema for name, schema in components.items() if name not in queries}
    described: _Json = _portable(
        {
            "openapi": "3.1.0",
            "info": {"title": "Roundup", "version": VERSION, "description": _ABOUT},
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer", "description": "A personal API token."},
                    "session": {
                        "type": "apiKey",
                        "in": "cookie",
                        "name": cookie_name,
                        "description": "That of a browser that is signed in.",
                    },
                },
            },
        }
    )
    return described


def _operation(route: AnyRoute, components: Mapping[str, _Json]) -> _Json:
    security: list[_Json] = [{"session": []}]
    statuses = {*_ALWAYS, *route.failures}
    if route.access is Access.READER:
        security.insert(0, {"token": []})
        statuses.add(429)  # wrong tokens, again and again
    if route.parts:
        statuses.add(404)
    failed = {JSON: {"schema": {"$ref": _REFERENCE.format(name=Failed.__name__)}}}
    operation: _Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "security": security,
        "parameters": [*map(_path_parameter, route.parts), *_query_parameters(components[route.query.__name__])],
        "responses": {
            str(route.status): {"description": "As asked.", "content": _answer(route)},
            **{str(status): {"description": _FAILURES[status], "content": failed} for status in sorted(statuses)},
        },
    }
    if route.body is not None:
        reference = {"$ref": _REFERENCE.format(name=route.body.__name__)}
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": reference}}}
    return operation


def _answer(route: AnyRoute) -> _Json:
    if isinstance(route.answer, str):
        return {route.answer: {"schema": {"type": "string", "format": "binary"}}}
    return {JSON: {"schema": {"$ref": _REFERENCE.format(name=route.answer.__name__)}}}


def _path_parameter(name: str) -> _Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"}}


def _query_parameters(query: _Json) -> list[_Json]:
    required = query.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)}
        for name, schema in query["properties"].items()
    ]


def _without_null(schema: _Json) -> _Json:
    """Return the schema of a parameter that is left out where nothing is meant."""
    rest = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    choices = [choice for choice in rest.pop("anyOf", []) if choice != {"type": "null"}]
    return rest | choices[0] if len(choices) == 1 else rest | ({"anyOf": choices} if choices else {})


def _portable(value: Any) -> Any:
    r"""Return a description whose patterns are those of JSON Schema: what Python calls `\Z` is `$` there."""
    if isinstance(value, dict):
        return {
            key: re.sub(r"\\Z$", "$", each) if key == "pattern" and isinstance(each, str) else _portable(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_portable(each) for each in value]
    return value
