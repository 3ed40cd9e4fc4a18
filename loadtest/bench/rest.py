"""The REST API, as a program with an API token reads it."""

from collections.abc import Mapping
from typing import Self, TypeVar

import aiohttp
import msgspec

from loadtest.bench.server_process import ServerError
from protocol.hours import HoursEntry, HoursEntryList
from protocol.wire import Wire

_TIMEOUT = aiohttp.ClientTimeout(total=120)
_MOST_PAGES = 10_000

Answer = TypeVar("Answer", bound=Wire)


class RestClient:
    """Reads as whoever the token belongs to, until the block ends."""

    def __init__(self, server_url: str, token: str) -> None:
        self._http = aiohttp.ClientSession(
            base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT
        )

    async def load(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """Return what is at a path under `/api/v1/`; raises `ServerError`."""
        async with self._http.get(f"/api/v1/{path}", params=query) as answer:
            body = await answer.read()
        if answer.status != 200:
            raise ServerError(f"GET {path} was answered with HTTP {answer.status}: {body[:200]!r}")
        return body

    async def read(self, path: str, kind: type[Answer], query: Mapping[str, str] | None = None) -> Answer:
        """Return what is at a path, by its type; raises `ServerError`."""
        return msgspec.json.decode(await self.load(path, query), type=kind)

    async def entries(self) -> list[HoursEntry]:
        """Return all entries of the hours log; raises `ServerError`."""
        found: list[HoursEntry] = []
        query: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = await self.read("hours/entries", HoursEntryList, query)
            found += page.entries
            if page.next_cursor is None:
                break
            query = {"cursor": page.next_cursor}
        return found

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.close()
