"""A real HTTP server on this machine that behaves like a learning record store, or as it is told."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

STORE_KEY, STORE_SECRET = "roundup", "open sesame"


@dataclass
class RecordStore:
    """A learning record store: keeps statements by id, and takes all of a request or nothing."""

    url: str = ""
    statements: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    answer: Callable[[web.Request], Awaitable[web.StreamResponse | None]] | None = None
    """Given first say."""
    refused: dict[str, int] = field(default_factory=dict)
    """Statuses of statements that it does not take."""

    async def post(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if self.answer is not None and (answer := await self.answer(request)) is not None:
            return answer
        credentials = base64.b64encode(f"{STORE_KEY}:{STORE_SECRET}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {credentials}":
            return web.Response(status=401)
        assert request.headers["X-Experience-API-Version"] == "1.0.3"
        assert request.content_type == "application/json"
        sent = await request.json()
        for statement in sent:
            if statement["id"] in self.refused:
                return web.Response(status=self.refused[statement["id"]], text=f"not {statement['id']}")
            known = self.statements.get(statement["id"])
            if known is not None and known != statement["verb"]:
                return web.Response(status=409)
        self.statements |= {statement["id"]: statement["verb"] for statement in sent}
        return web.json_response([statement["id"] for statement in sent])


@asynccontextmanager
async def record_store() -> AsyncIterator[RecordStore]:
    """Run one on a free port."""
    store = RecordStore()
    application = web.Application()
    application.router.add_post("/xapi/statements", store.post)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}/xapi/"
    try:
        yield store
    finally:
        await runner.cleanup()
