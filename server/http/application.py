"""The HTTP application: routes, and what wraps them."""

from aiohttp import web

from server.http.api import get_room, get_session
from server.http.failures import answer_failures
from server.http.operations import get_health, get_metrics, get_readiness
from server.http.parts import PARTS, Parts
from server.http.security import harden, refuse_other_sites
from server.http.session import sign_in, sign_out


def create_application(parts: Parts) -> web.Application:
    """Make the application. The gateway may add its routes before it is started."""
    application = web.Application(middlewares=[answer_failures, refuse_other_sites])
    application[PARTS] = parts
    harden(application, parts.address)
    client = parts.web_client
    application.add_routes(
        [
            web.get("/s/{token}", sign_in, allow_head=False),
            # Link checkers only look: that signs nobody in and counts as no use.
            web.head("/s/{token}", client.get_page),
            web.get("/api/session", get_session),
            web.delete("/api/session", sign_out),
            web.get("/api/rooms/{slug}", get_room),
            web.get("/healthz", get_health),
            web.get("/readyz", get_readiness),
            web.get("/metrics", get_metrics),
            web.get("/", client.get_page),
            web.get("/r/{slug}", client.get_page),
            web.get("/{name:.+}", client.get_file),
        ]
    )
    return application
