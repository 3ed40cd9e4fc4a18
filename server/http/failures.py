"""Turn whatever goes wrong in a handler into an answer: JSON for the API, a page for people."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from protocol.errors import ErrorCode
from protocol.wire import Failure
from server.errors import StoreError, UserError
from server.http.notices import render_notice
from server.http.replies import json_response
from server.logs import log_failure

ROUTE = web.RequestKey("route", str)
"""The request's route without what varies in it: a path may hold a sign-in token. Absent when it was not even HTTP."""
CHALLENGE = web.RequestKey("challenge", str)
"""What an answer of 401 says of how to be let in (RFC 9110 section 11.6.1). Absent where only pages are."""

_API = "/api/"
_STATUS = {
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.LINK_INVALID: 404,
    ErrorCode.ENTRY_CHANGED: 409,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.TOO_MANY: 429,
    ErrorCode.PICTURES_FULL: 507,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVER_STOPPING: 503,
    ErrorCode.UNAVAILABLE: 503,
}
_BY_STATUS = {
    404: (ErrorCode.NOT_FOUND, "There is nothing at this address."),
    405: (ErrorCode.BAD_REQUEST, "This address does not take requests of this method."),
    413: (ErrorCode.TOO_LARGE, "The request is too large."),
}
_log = structlog.get_logger("server.http")


@web.middleware
async def answer_failures(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer every failure in one form; tell nobody more than a code and a sentence."""
    request[ROUTE] = _route_of(request)
    try:
        return await handler(request)
    except UserError as error:
        if isinstance(error, StoreError):
            log_failure(_log, "request_failed", error, method=request.method, route=request[ROUTE])
        response = _answer(request, _STATUS.get(error.code, 400), error.code, error.text, error.retry_after_s)
        if response.status == 401 and CHALLENGE in request:
            response.headers["WWW-Authenticate"] = request[CHALLENGE]
        if error.retry_after_s is not None:
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code, text = _BY_STATUS.get(error.status, (ErrorCode.BAD_REQUEST, "The request could not be understood."))
        response = _answer(request, error.status, code, text)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionError:
        raise  # the browser has gone, there is nobody to answer
    except Exception as error:  # noqa: BLE001 - the last handler there is
        log_failure(_log, "request_failed", error, method=request.method, route=request[ROUTE])
        return _answer(request, 500, ErrorCode.INTERNAL_ERROR, "Something went wrong on our side.")


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical


def _answer(
    request: web.Request, status: int, code: ErrorCode, text: str, retry_after_s: int | None = None
) -> web.Response:
    if request.path.startswith(_API):
        return json_response({"error": Failure(code=code, text=text, retry_after_s=retry_after_s)}, status=status)
    return render_notice(code, status, request.headers.get("Accept-Language", ""))
