"""Signing in by a link, staying signed in by a cookie, signing out; and programs, which have a token instead.

A route says which it takes: `signed_in_person` only pages, `reader` programs, too, which only read. Who sends both is
who the token says, and nobody when it does not work: the cookie may only have come along.
"""

from aiohttp import web

from protocol.errors import ErrorCode
from protocol.room import Person
from server.errors import UserError
from server.http.failures import CHALLENGE
from server.http.parts import PARTS, Parts
from server.people.service import SESSION_LIFETIME
from server.people.tokens import API_TOKEN_PREFIX


async def sign_in(request: web.Request) -> web.Response:
    """`GET /s/TOKEN`: sign in, and go where the link leads.

    A session that the browser brings along goes on when it is the same person's, and ends when it is not.
    """
    parts = request.app[PARTS]
    earlier = _session_token(request)
    used = await parts.people.use_link(request.match_info["token"], earlier)
    if used is None:
        raise UserError(ErrorCode.LINK_INVALID, "This sign-in link no longer works.")
    if earlier not in ("", used.session_token):
        parts.on_signed_out(earlier)
    # Only ever a path of ours: the slug comes from the database, nothing from the request.
    location = "/" if used.room_slug is None else f"/r/{used.room_slug}"
    response = web.Response(status=303, headers={"Location": location})
    set_session_cookie(response, parts, used.session_token)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """`DELETE /api/session`: end this browser's session."""
    parts = request.app[PARTS]
    token = _session_token(request)
    await parts.people.sign_out(token)
    parts.on_signed_out(token)
    response = web.Response(status=204)
    address = parts.address
    response.del_cookie(address.cookie_name, path="/", secure=address.is_secure, httponly=True, samesite="Lax")
    return response


async def signed_in_person(request: web.Request) -> Person:
    """Return whose page asks; raises `UserError` when nobody is signed in, or it is no page."""
    if api_token(request) is not None:
        raise UserError(ErrorCode.FORBIDDEN, "API tokens do not open this address.")
    return await _person_of_session(request)


async def reader(request: web.Request) -> Person:
    """Return who asks, from a page or by an API token; for routes that only read.

    Raises `UserError` when nobody is signed in, for a token that does not work, or that is to change something.
    """
    request[CHALLENGE] = 'Bearer realm="Roundup"'
    token = api_token(request)
    if token is None:
        return await _person_of_session(request)
    if request.method not in ("GET", "HEAD"):
        raise UserError(ErrorCode.FORBIDDEN, "API tokens only read.")
    person = await request.app[PARTS].token_guard.person_of(token, request.remote or "")
    if person is None:
        request[CHALLENGE] += ', error="invalid_token"'
        raise UserError(ErrorCode.NOT_SIGNED_IN, "This API token does not work, or not any more.")
    return person


def renew_session_cookie(request: web.Request, response: web.Response) -> None:
    """Let the browser keep the cookie for as long as the server keeps the session; programs are given none."""
    if api_token(request) is None:
        set_session_cookie(response, request.app[PARTS], _session_token(request))


def set_session_cookie(response: web.Response, parts: Parts, session_token: str) -> None:
    """Give the browser a cookie that no script can read and no other site can use to change anything."""
    response.set_cookie(
        parts.address.cookie_name,
        session_token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=parts.address.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _session_token(request: web.Request) -> str:
    return request.cookies.get(request.app[PARTS].address.cookie_name, "")


async def _person_of_session(request: web.Request) -> Person:
    person = await request.app[PARTS].people.person_of_session(_session_token(request))
    if person is None:
        raise UserError(ErrorCode.NOT_SIGNED_IN, "Nobody is signed in here; open your sign-in link.")
    return person


def api_token(request: web.Request) -> str | None:
    """Return the API token that a request brings (RFC 6750 section 2.1). What proxies put there is none of ours."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.startswith(API_TOKEN_PREFIX) else None
