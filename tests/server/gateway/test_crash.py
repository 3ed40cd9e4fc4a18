"""The server process is killed without warning, and started again."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.gateway import ROOM, run_sql
from tests.support.page import Page
from tests.support.waiting import until

ANA = "ana@school.example"


@asynccontextmanager
async def gateway_process(data_dir: Path) -> AsyncIterator[tuple[Process, str, Page]]:
    """Run a gateway in a process of its own; give the process, its address and a page of Ana's."""
    arguments = ["-m", "tests.support.gateway", str(data_dir), ANA]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        line = b""
        async with asyncio.timeout(30):
            while not line.startswith(b"{"):  # the log comes the same way
                line = await process.stdout.readline()
                assert line
        told = json.loads(line)
        page = Page(told["session_token"])
        yield process, told["url"], page
        await page.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_what_was_acknowledged_survives_and_presence_ends(tmp_path: Path) -> None:
    def connections() -> list[dict[str, Any]]:
        return run_sql(tmp_path, "SELECT * FROM connection ORDER BY joined_at")

    async with gateway_process(tmp_path) as (process, url, page):
        await page.connect(url)
        joined = await page.join(ROOM)
        acknowledged = await page.request("chat_send", text="kept", request_id="1")
        await page.request("chat_read", up_to=acknowledged["message"]["message_id"])
        await until(lambda: len(connections()) == 1)
        process.kill()
        await process.wait()
        await until(page.is_closed.is_set)
    [open_row] = connections()
    assert (open_row["left_at"], open_row["connection_id"]) == (None, joined.you.connection_id)

    async with gateway_process(tmp_path) as (_, url, restarted):
        [ended] = connections()
        assert ended["left_at"] == ended["last_seen_at"] >= open_row["last_seen_at"]
        assert ended["left_reason"] == "crashed"
        assert [row["closed_at"] for row in run_sql(tmp_path, "SELECT * FROM meeting")] == [ended["left_at"]]

        assert joined.snapshot is not None
        await restarted.connect(url)
        seen = {"meeting_id": joined.snapshot.meeting.meeting_id, "last_seq": 2}
        again = await restarted.join(ROOM, **seen)
        assert again.snapshot is not None
        assert [message.text for message in again.snapshot.chat.messages] == ["kept"]
        assert again.you.chat_read_up_to == acknowledged["message"]["message_id"]
        assert await restarted.request("chat_send", text="kept", request_id="1") == acknowledged
        assert restarted.events == []
        assert len(run_sql(tmp_path, "SELECT * FROM chat_message")) == 1
        await until(lambda: len(connections()) == 2)
