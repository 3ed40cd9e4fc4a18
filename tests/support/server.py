"""A whole server in this process, with its media workers as real processes, on free ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from protocol.roles import ProgrammeRole
from protocol.room import Person
from server.app import RoundupServer
from server.clock import Clock
from server.config import Config
from server.people.links import sign_in_url
from tests.support.web_client import find_web_client


class RunningServer:
    """A server that people can join."""

    def __init__(self, server: RoundupServer, config: Config) -> None:
        self.server = server
        self.config = config

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.server.url

    @property
    def cookie_name(self) -> str:
        """What the session's cookie is called."""
        return "roundup_session"

    async def add_person(
        self, email: str, name: str = "Ana Lima", role: ProgrammeRole = ProgrammeRole.TEACHER
    ) -> Person:
        """Add somebody to the programme."""
        return await self.server.people.add_person(email, name, role)

    async def name_of(self, email: str) -> str:
        """Return what others see of somebody who is in the programme."""
        return (await self.server.people.find(email)).name

    def worker_pids(self) -> list[int]:
        """Return the process ids of the media workers that are running now."""
        children = psutil.Process().children()
        return [child.pid for child in children if "server.media.worker" in child.cmdline()]

    async def link(self, email: str, room: str | None = None) -> str:
        """Make a sign-in link for somebody who is in the programme."""
        return sign_in_url(self.url, await self.server.people.create_link(email, room))

    async def sign_in(self, email: str) -> str:
        """Open a fresh link as a browser does, and return the session's token: the value of its cookie."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(await self.link(email), allow_redirects=False) as response,
        ):
            assert response.status == 303
            cookies = SimpleCookie(response.headers["Set-Cookie"])
        return cookies[self.cookie_name].value

    async def cookie_of(self, email: str) -> str:
        """Sign somebody in, and return the `Cookie` header of their browser."""
        return f"{self.cookie_name}={await self.sign_in(email)}"


@asynccontextmanager
async def running_server(folder: Path, *, clock: Clock | None = None, **fields: Any) -> AsyncIterator[RunningServer]:
    """Run a server with its data in `folder`, one media worker, and any fields of `Config`."""
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "media_port": 0,
        "media_workers": 1,
        "announce_ips": ("127.0.0.1",),
        "data_dir": folder / "data",
    }
    if "web_dir" not in fields:
        defaults["web_dir"] = find_web_client(folder / "dist")
    config = Config(**(defaults | fields))
    server = RoundupServer(config, clock=clock)
    await server.start()
    try:
        yield RunningServer(server, config)
    finally:
        await server.stop()
