"""People in a room whose database takes nothing for a while."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.store.database import FILE_NAME
from tests.support.gateway import running_gateway
from tests.support.page import RequestError


async def test_a_message_is_refused_soon_and_can_be_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.database._WRITER_PRAGMAS", ("busy_timeout=50",))
    async with running_gateway(tmp_path) as gateway:
        page = await gateway.enter("ana@school.example")
        with closing(sqlite3.connect(tmp_path / FILE_NAME, check_same_thread=False)) as holder:
            # In a thread: the server, which runs here, may be in the middle of writing who came in.
            await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
            sendings = (page.request("chat_send", text=f"{n}", request_id=f"r{n}") for n in range(3))
            refused = await asyncio.gather(*sendings, return_exceptions=True)
        assert [error.code for error in refused if isinstance(error, RequestError)] == ["unavailable"] * 3
        await page.request("chat_send", text="0", request_id="r0")
        sent = await page.next_event("chat_sent")
        assert sent.message.text == "0"
