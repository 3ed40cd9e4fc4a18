"""One line per request: method, route, status, time; never a path, which may hold a sign-in token, nor an address."""

import logging

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

from server.http.failures import ROUTE

_log = structlog.get_logger("server.http.access")
_FREQUENT = frozenset({"/healthz", "/readyz", "/metrics", "/api/connection-test/{test_id}/bytes"})
_SIGN_IN = "/s/{token}"


class AccessLog(AbstractAccessLogger):
    """Says what was asked and how it went: at info level what changed something or failed, the rest at debug."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line of a finished request that took `time` seconds."""
        route = request.get(ROUTE, "malformed")
        is_reading = request.method in ("GET", "HEAD") and response.status < 400 and route != _SIGN_IN
        write = _log.debug if is_reading or route in _FREQUENT else _log.info
        write(
            "request",
            method=request.method,
            route=route,
            status=response.status,
            bytes=response.body_length,
            ms=round(time * 1000, 1),
        )


def create_server_log() -> logging.Logger:
    """Return the logger for aiohttp itself. What strangers send that is not HTTP is neither an error nor kept."""
    logger = logging.getLogger("server.http.aiohttp")
    logger.addFilter(_is_our_concern)
    return logger


def _is_our_concern(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
