"""What those who run the server look at."""

from aiohttp import web

from server.http.parts import PARTS
from server.http.replies import json_response


async def get_health(_request: web.Request) -> web.Response:
    """`GET /healthz`: the process answers."""
    return json_response({"healthy": True})


async def get_readiness(request: web.Request) -> web.Response:
    """`GET /readyz`: 200 when people can join, else 503."""
    is_ready = await request.app[PARTS].is_ready()
    return json_response({"ready": is_ready}, status=200 if is_ready else 503)


async def get_metrics(request: web.Request) -> web.Response:
    """`GET /metrics`: figures for Prometheus."""
    body, content_type = request.app[PARTS].render_metrics(request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type})
