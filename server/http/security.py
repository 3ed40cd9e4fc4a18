"""Headers that keep pages from being misused, and the guard against requests that other sites make.

The policies follow OWASP ASVS 5.0 chapter 3 (web front end security).
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from protocol.errors import ErrorCode
from server.errors import UserError
from server.http.address import Address
from server.http.parts import PARTS
from server.http.policies import NOTHING
from server.http.session import api_token

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SOCKET_IO = "/socket.io/"
_HEADERS = {
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",  # sign-in links are secrets
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000"


def harden(application: web.Application, address: Address) -> None:
    """Put the security headers on every response, of WebSockets and failures too."""
    headers = dict(_HEADERS)
    if address.is_secure:
        headers["Strict-Transport-Security"] = _HSTS

    async def on_prepare(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)
        response.headers.setdefault("Content-Security-Policy", NOTHING)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.popall("Server", None)  # nobody needs to know which version to attack

    application.on_response_prepare.append(on_prepare)


@web.middleware
async def refuse_other_sites(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Let only our own pages change anything (CSRF). The gateway has a guard of its own: bots speak to it, too."""
    is_guarded = request.method not in _SAFE_METHODS and not request.path.startswith(_SOCKET_IO)
    if is_guarded and not _is_from_own_page(request):
        told = "API tokens only read." if api_token(request) else "This request came from another site."
        raise UserError(ErrorCode.FORBIDDEN, told)
    return await handler(request)


def _is_from_own_page(request: web.Request) -> bool:
    # A page cannot forge either header. Browsers send the first only to hosts that they reach securely.
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return request.app[PARTS].address.is_own_origin(origin, request.headers.get("Host", ""))
