"""A page with the Yjs that browsers have, in a Node process of its own."""

import asyncio
import json
import secrets
import shutil
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

from protocol import PROTOCOL_VERSION
from tests.support.gateway import COOKIE, ROOM, RunningGateway

_SCRIPT = Path(__file__).with_name("yjs_client.mjs")
_NODE_MODULES = Path(__file__).parents[2] / "client_web" / "node_modules"
NODE = shutil.which("node")
MISSING = (
    "there is no node"
    if NODE is None
    else ""
    if (_NODE_MODULES / "yjs").is_dir()
    else "client_web/node_modules is missing"
)
"""Why there can be no such page here; empty where there can."""
_TIMEOUT_S = 60


class YjsError(Exception):
    """What the page was told to do did not succeed."""


class YjsPage:
    """Does what it is told by `do`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._cookie = ""
        self._endpoint_id = secrets.token_hex(8)
        self._url = ""

    @classmethod
    async def enter(cls, server: RunningGateway, email: str) -> "YjsPage":
        """Start a process and enter the room. It ends with the gateway."""
        assert NODE is not None
        process = await asyncio.create_subprocess_exec(
            NODE, str(_SCRIPT), str(_NODE_MODULES), stdin=PIPE, stdout=PIPE, limit=2**24
        )
        page = cls(process)
        server.stack.push_async_callback(page.close)
        page._url, page._cookie = server.url, f"{COOKIE}={await server.sign_in(email)}"
        await page.connect()
        return page

    async def connect(self) -> None:
        """Enter the room, for the first time or again."""
        join = {
            "request_id": secrets.token_hex(8),
            "protocol_version": PROTOCOL_VERSION,
            "slug": ROOM,
            "endpoint_id": self._endpoint_id,
        }
        await self.do("connect", url=self._url, cookie=self._cookie, join=join)

    async def do(self, name: str, **fields: Any) -> Any:
        """Have something done, and return the answer. Raises `YjsError`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": name, **fields}).encode() + b"\n")
        async with asyncio.timeout(_TIMEOUT_S):
            line = await self._process.stdout.readline()
        answer = json.loads(line)
        if "error" in answer:
            raise YjsError(answer["error"])
        return answer["ok"]

    async def shown(self) -> Any:
        """Return what the page shows of the document."""
        return await self.do("shown")

    async def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
