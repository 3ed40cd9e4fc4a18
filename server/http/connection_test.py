"""The connection test over plain HTTP: a page that reaches nothing else still reaches this."""

import asyncio
import os
from typing import Any

import msgspec
from aiohttp import web

from protocol.errors import ErrorCode
from protocol.requests import REQUESTS
from protocol.wire import MAX_MESSAGE_BYTES, Request
from server.errors import UserError
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import signed_in_person

_MAX_TRANSFER = 8 * 1024 * 1024
_TRANSFER_TIMEOUT_S = 30.0
"""Longer than any page waits."""
_BLOCK = os.urandom(64 * 1024)
"""Random, so that nothing on the way can make it smaller."""


async def open_connection_test(request: web.Request) -> web.Response:
    """`POST /api/connection-test`: begin a test, in the place of the person's earlier one."""
    person = await signed_in_person(request)
    return json_response(await request.app[PARTS].connection_tests.open(person.person_id), status=201)


async def ask_connection_test(request: web.Request) -> web.Response:
    """`POST /api/connection-test/TEST_ID/REQUEST`: one of the media requests of a room, as JSON."""
    person = await signed_in_person(request)
    asked = _decode(request.match_info["request"], await request.read())
    reply = await request.app[PARTS].connection_tests.ask(person.person_id, request.match_info["test_id"], asked)
    return json_response(reply)


async def end_connection_test(request: web.Request) -> web.Response:
    """`DELETE /api/connection-test/TEST_ID`: free what the test has used."""
    person = await signed_in_person(request)
    await request.app[PARTS].connection_tests.end(person.person_id, request.match_info["test_id"])
    return web.Response(status=204)


async def send_bytes(request: web.Request) -> web.StreamResponse:
    """`GET /api/connection-test/TEST_ID/bytes?size=N`: N bytes, to measure how fast they come."""
    person = await signed_in_person(request)
    text = request.query.get("size", "")
    size = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 0 < size <= _MAX_TRANSFER:
        raise UserError(ErrorCode.BAD_REQUEST, f"size is a number from 1 to {_MAX_TRANSFER}.")
    request.app[PARTS].connection_tests.spend(person.person_id, request.match_info["test_id"], size)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = size
    await response.prepare(request)
    try:
        async with asyncio.timeout(_TRANSFER_TIMEOUT_S):
            for at in range(0, size, len(_BLOCK)):
                await response.write(_BLOCK[: size - at])
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response


async def receive_bytes(request: web.Request) -> web.Response:
    """`POST /api/connection-test/TEST_ID/bytes`: take what comes and throw it away, to measure how fast it goes."""
    person = await signed_in_person(request)
    tests, test_id = request.app[PARTS].connection_tests, request.match_info["test_id"]
    if request.content_length is None or request.content_length > _MAX_TRANSFER:
        raise UserError(ErrorCode.TOO_LARGE, f"The body is of known size, at most {_MAX_TRANSFER} bytes.")
    tests.spend(person.person_id, test_id, request.content_length)
    try:
        async with asyncio.timeout(_TRANSFER_TIMEOUT_S):
            async for _ in request.content.iter_any():
                pass
    except TimeoutError:
        raise UserError(ErrorCode.TOO_SLOW, "That took too long.") from None
    return web.Response(status=204)


def _decode(name: str, body: bytes) -> Request:
    if name not in REQUESTS:
        raise UserError(ErrorCode.NOT_FOUND, "There is no request of this name.")
    if len(body) > MAX_MESSAGE_BYTES:
        raise UserError(ErrorCode.TOO_LARGE, "The request is too large.")
    try:
        decoded: Any = msgspec.json.decode(body, type=REQUESTS[name].fields)
    except (ValueError, RecursionError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"That is no {name}: {error}.") from None
    return decoded  # type: ignore[no-any-return]
