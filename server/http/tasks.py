"""What somebody is to do, on their home page, and ticking it there."""

import msgspec
from aiohttp import web

from protocol.errors import ErrorCode
from protocol.tasks import TaskTick
from server.errors import UserError
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import signed_in_person

_MAX_BODY_BYTES = 4_096
"""Of a tick: the longest id of an item, every character escaped."""


async def get_tasks(request: web.Request) -> web.Response:
    """`GET /api/tasks`: what the caller is to do."""
    person = await signed_in_person(request)
    return json_response(await request.app[PARTS].tasks.open_tasks(person))


async def tick_task(request: web.Request) -> web.Response:
    """`PUT /api/tasks/DOCUMENT_ID`: tick something that the caller is to do, or untick it."""
    person = await signed_in_person(request)
    tick = await _read_tick(request)
    await request.app[PARTS].tasks.set_done(
        person, request.match_info["document_id"], tick.item_id, is_done=tick.is_done
    )
    return web.Response(status=204)


async def _read_tick(request: web.Request) -> TaskTick:
    if request.content_length is None or request.content_length > _MAX_BODY_BYTES:
        raise UserError(ErrorCode.TOO_LARGE, "The body is of known size, and short.")
    try:
        return msgspec.json.decode(await request.read(), type=TaskTick)
    except (ValueError, RecursionError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, "That says of no task whether it is done.") from error
