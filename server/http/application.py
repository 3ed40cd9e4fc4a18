"""The HTTP application: routes, and what wraps them."""

from aiohttp import web

from server.http.api import get_room, get_room_people, get_session
from server.http.api_tokens import create_api_token, get_api_tokens, revoke_api_token
from server.http.connection_test import (
    ask_connection_test,
    end_connection_test,
    open_connection_test,
    receive_bytes,
    send_bytes,
)
from server.http.cursors import CURSORS, Cursors
from server.http.documents import get_notes
from server.http.downloads import DOWNLOADS, Downloads
from server.http.failures import answer_failures
from server.http.hours import HOURS_ROUTES
from server.http.hours_files import FILE_ROUTES
from server.http.me import get_export
from server.http.meetings import get_kept_document, get_kept_notes, get_meeting, get_meetings
from server.http.openapi import DESCRIPTION_PATH, describe
from server.http.operations import get_health, get_metrics, get_readiness
from server.http.parts import PARTS, Parts
from server.http.pictures import add_picture, get_picture
from server.http.rest import add_routes
from server.http.security import harden, refuse_other_sites
from server.http.session import sign_in, sign_out
from server.http.tasks import get_tasks, tick_task

_MEETING = r"/api/rooms/{slug}/meetings/{meeting_id:\w{1,64}}"
API_ROUTES = (*HOURS_ROUTES, *FILE_ROUTES)


def create_application(parts: Parts) -> web.Application:
    """Make the application. The gateway may add its routes before it is started."""
    application = web.Application(middlewares=[answer_failures, refuse_other_sites])
    application[PARTS] = parts
    application[DOWNLOADS] = Downloads()
    application[CURSORS] = Cursors()
    harden(application, parts.address)
    client = parts.web_client
    add_routes(application, API_ROUTES)
    application.add_routes(
        [
            web.get("/s/{token}", sign_in, allow_head=False),
            # Link checkers only look: that signs nobody in and counts as no use.
            web.head("/s/{token}", client.get_page),
            web.get("/api/session", get_session),
            web.delete("/api/session", sign_out),
            web.get("/api/tokens", get_api_tokens),
            web.post("/api/tokens", create_api_token),
            web.delete(r"/api/tokens/{token_id:\w{1,64}}", revoke_api_token),
            web.get("/api/me/export", get_export, allow_head=False),
            web.get("/api/tasks", get_tasks),
            web.put(r"/api/tasks/{document_id:\w{1,64}}", tick_task),
            web.get(DESCRIPTION_PATH, describe(API_ROUTES), allow_head=False),
            web.get("/api/rooms/{slug}", get_room),
            web.get("/api/rooms/{slug}/people", get_room_people),
            web.get(
                r"/api/rooms/{slug}/notes/{document_id:\w{1,64}}.{ending:md|html|pdf}", get_notes, allow_head=False
            ),
            web.get("/api/rooms/{slug}/meetings", get_meetings, allow_head=False),
            web.get(_MEETING, get_meeting, allow_head=False),
            web.get(_MEETING + r"/documents/{document_id:\w{1,64}}", get_kept_document, allow_head=False),
            web.get(_MEETING + r"/notes/{document_id:\w{1,64}}.{ending:md|html|pdf}", get_kept_notes, allow_head=False),
            web.post("/api/rooms/{slug}/boards/{document_id:\\w+}/pictures", add_picture),
            web.get("/api/rooms/{slug}/pictures/{picture_id:[0-9a-f]{64}}", get_picture, allow_head=False),
            web.post("/api/connection-test", open_connection_test),
            web.delete("/api/connection-test/{test_id}", end_connection_test),
            web.get("/api/connection-test/{test_id}/bytes", send_bytes, allow_head=False),
            web.post("/api/connection-test/{test_id}/bytes", receive_bytes),
            web.post("/api/connection-test/{test_id}/{request}", ask_connection_test),
            web.get("/healthz", get_health),
            web.get("/readyz", get_readiness),
            web.get("/metrics", get_metrics),
            web.get("/", client.get_page),
            web.get("/r/{slug}", client.get_page),
            web.get("/rooms/{slug}/meetings", client.get_page),
            web.get("/rooms/{slug}/meetings/{meeting_id}", client.get_page),
            web.get("/account", client.get_page),
            web.get("/hours", client.get_page),
            web.get("/hours/programme", client.get_page),
            web.get("/hours/pairs/{pair_id}", client.get_page),
            web.get("/hours/entries/{entry_id}", client.get_page),
            web.get("/connection-test", client.get_page),
            web.get("/{name:.+}", client.get_file),
        ]
    )
    return application
