"""Somebody's API tokens, on their page: by the session's cookie only, because no token makes another one."""

import msgspec
from aiohttp import web

from protocol.api_tokens import ApiTokenList, CreatedApiToken, NewApiToken
from protocol.errors import ErrorCode
from server.errors import UserError
from server.http.parts import PARTS
from server.http.replies import json_response
from server.http.session import signed_in_person

_MAX_BODY_BYTES = 1_024
"""The longest name, every character escaped."""


async def get_api_tokens(request: web.Request) -> web.Response:
    """`GET /api/tokens`: the caller's."""
    person = await signed_in_person(request)
    tokens = await request.app[PARTS].api_tokens.list_own(person.person_id)
    return json_response(ApiTokenList(tokens=tokens))


async def create_api_token(request: web.Request) -> web.Response:
    """`POST /api/tokens`: make one, whose secret is in this answer and nowhere else."""
    person = await signed_in_person(request)
    asked = await _read_asked(request)
    token, secret = await request.app[PARTS].api_tokens.create(
        person.person_id, asked.name, asked.days, actor=person.person_id
    )
    return json_response(CreatedApiToken(token=token, secret=secret), status=201)


async def revoke_api_token(request: web.Request) -> web.Response:
    """`DELETE /api/tokens/TOKEN_ID`: revoke one of the caller's."""
    person = await signed_in_person(request)
    await request.app[PARTS].api_tokens.revoke(request.match_info["token_id"], person.person_id, actor=person.person_id)
    return web.Response(status=204)


async def _read_asked(request: web.Request) -> NewApiToken:
    if request.content_length is None or request.content_length > _MAX_BODY_BYTES:
        raise UserError(ErrorCode.TOO_LARGE, "The body is of known size, and short.")
    try:
        return msgspec.json.decode(await request.read(), type=NewApiToken)
    except (ValueError, RecursionError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, "That says not what to call the token, or how long it works.") from error
