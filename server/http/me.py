"""What is kept about the caller, for the caller: by the session's cookie only, because no program needs it."""

from aiohttp import web

from server.http.downloads import DOWNLOADS
from server.http.parts import PARTS
from server.http.session import signed_in_person


async def get_export(request: web.Request) -> web.StreamResponse:
    """`GET /api/me/export`: all of it, as a ZIP of JSON files."""
    person = await signed_in_person(request)
    data = await request.app[PARTS].export_person(person.person_id)
    headers = {"Content-Disposition": 'attachment; filename="roundup-my-data.zip"', "Cache-Control": "no-store"}
    return await request.app[DOWNLOADS].send(
        request, person.person_id, data, content_type="application/zip", headers=headers
    )
