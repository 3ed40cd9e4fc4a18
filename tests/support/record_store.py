"""A real HTTP server on this machine that behaves like a learning record store, or as it is told."""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

STORE_KEY, STORE_SECRET = "roundup", "open sesame"
VOIDED, REFERENCE = "http://adlnet.gov/expapi/verbs/voided", "StatementRef"
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")


@dataclass
class RecordStore:
    """A learning record store: keeps statements by id, and takes all of a request or nothing.

    A statement that is voided is not there for who asks, also when it comes after what voids it.
    """

    url: str = ""
    statements: dict[str, Any] = field(default_factory=dict)
    """Verbs, by id."""
    minutes: dict[str, int] = field(default_factory=dict)
    """How long each took, of those that say so."""
    voided: set[str] = field(default_factory=set)
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
        for statement in sent:
            self.statements[statement["id"]] = statement["verb"]
            if "result" in statement:
                hours, minutes = _DURATION.fullmatch(statement["result"]["duration"]).groups()  # type: ignore[union-attr]
                self.minutes[statement["id"]] = 60 * int(hours or 0) + int(minutes or 0)
            if _voids(statement):
                self.voided.add(statement["object"]["id"])
        return web.json_response([statement["id"] for statement in sent])

    def standing(self) -> list[tuple[str, int]]:
        """Return verb and minutes of what was told and is not voided."""
        return [
            (self.statements[each]["display"]["en"], minutes)
            for each, minutes in self.minutes.items()
            if each not in self.voided
        ]


def _voids(statement: Any) -> bool:
    is_meant: bool = statement["verb"] == {"id": VOIDED, "display": {"en": "voided"}}
    assert is_meant == (isinstance(statement.get("object"), dict) and statement["object"]["objectType"] == REFERENCE)
    return is_meant


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
