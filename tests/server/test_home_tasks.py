"""From notes to their owners' home pages and back, through the whole server."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from protocol.document_requests import DocumentCreated
from protocol.room import Person
from tests.server.gateway.test_crash import ANA, gateway_process
from tests.support.documents import OpenDocument
from tests.support.gateway import ROOM, run_sql, running_gateway
from tests.support.page import Page
from tests.support.server import RunningServer, running_server

TEACHER, MENTOR = "teacher@demo.example", "mentor@demo.example"
ROUND_UP = "morning-round-up"


async def enter(server: RunningServer, email: str) -> Page:
    page = Page(await server.sign_in(email))
    await page.connect(server.url)
    await page.join(ROUND_UP)
    return page


class Home:
    """Somebody's home page."""

    def __init__(self, server: RunningServer, client: aiohttp.ClientSession) -> None:
        self.server = server
        self.client = client

    async def tasks(self) -> list[dict[str, Any]]:
        async with self.client.get(f"{self.server.url}/api/tasks") as response:
            tasks: list[dict[str, Any]] = (await response.json())["tasks"]
            return tasks

    async def until_tasks(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(30):
            while len(tasks := await self.tasks()) != count:
                pass
        return tasks

    async def tick(self, document_id: str, item_id: str, *, is_done: bool = True) -> int:
        url = f"{self.server.url}/api/tasks/{document_id}"
        body, own = {"item_id": item_id, "is_done": is_done}, {"Sec-Fetch-Site": "same-origin"}
        async with self.client.put(url, json=body, headers=own) as response:
            return response.status


async def test_a_tick_at_home_is_seen_at_once_by_who_has_the_notes_open(tmp_path: Path) -> None:
    async with running_server(tmp_path, is_demo=True) as server:
        teacher, mentor = await enter(server, TEACHER), await enter(server, MENTOR)
        owner = await server.server.people.find(TEACHER)
        created = await teacher.ask(DocumentCreated, kind="notes", title="Today")
        document_id = created.document.document_id
        notes = OpenDocument(teacher, document_id)
        await notes.open()
        await notes.send(notes.copy.write_task("i1", "Bring the worksheet", owner.person_id, due="2026-11-30"))
        await notes.send(notes.copy.write_task("i2", "Print it", owner.person_id))
        await teacher.request("document_close", document_id=document_id)
        cookie = {"Cookie": await server.cookie_of(TEACHER)}
        async with aiohttp.ClientSession(headers=cookie) as client:
            home = Home(server, client)
            first, _ = await home.until_tasks(2)
            assert first == {
                "document_id": document_id,
                "item_id": "i1",
                "room_id": teacher.snapshot.room.room_id if teacher.snapshot else "",
                "text": "Bring the worksheet",
                "due": "2026-11-30",
            }
            open_elsewhere = OpenDocument(mentor, document_id)
            await open_elsewhere.open()
            answers = await asyncio.gather(*(home.tick(document_id, item_id) for item_id in ("i1", "i2")))
            assert answers == [204, 204]
            assert await home.tasks() == []
            await open_elsewhere.until(4)
            assert open_elsewhere.copy.ticks() == {"i1": True, "i2": True}
            assert await home.tick(document_id, "i2", is_done=False) == 204
            await open_elsewhere.until(5)
            assert open_elsewhere.copy.ticks() == {"i1": True, "i2": False}
            assert [task["item_id"] for task in await home.tasks()] == ["i2"]
        async with aiohttp.ClientSession(headers={"Cookie": await server.cookie_of(MENTOR)}) as client:
            stranger = Home(server, client)
            assert await stranger.tasks() == []
            assert await stranger.tick(document_id, "i2") == 403
            async with client.get(f"{server.url}/api/rooms/{ROUND_UP}/people") as response:
                people = [one["name"] for one in (await response.json())["people"]]
            assert {"Ben Carter", "Grace Okafor"} <= set(people)
        await teacher.close()
        await mentor.close()


async def test_a_task_that_was_written_right_before_a_crash_is_found_after_it(tmp_path: Path) -> None:
    async with gateway_process(tmp_path) as (process, url, page):
        await page.connect(url)
        joined = await page.join(ROOM)
        [ana] = joined.snapshot.participants if joined.snapshot else ()
        created = await page.ask(DocumentCreated, kind="notes", title="Today")
        notes = OpenDocument(page, created.document.document_id)
        await notes.open()
        await notes.send(notes.copy.write_task("i1", "Bring the worksheet", ana.person_id))
        process.kill()
        await process.wait()
    assert run_sql(tmp_path, "SELECT * FROM action_item") == [], "it was not read before"
    async with running_gateway(tmp_path) as server:
        owner: Person = await server.people.find(ANA)
        async with asyncio.timeout(30):
            while not (tasks := (await server.tasks.open_tasks(owner)).tasks):
                pass
    assert [task.text for task in tasks] == ["Bring the worksheet"]
