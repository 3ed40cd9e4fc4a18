"""Tasks of notes on their owner's home page, and back in the notes."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_documents import begin_notes, notes_of, saved
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BEN = "teacher@demo.example"
PRIYA = "teacher2@demo.example"
KEEPS_VIDEO_AWAY = {"may_use_devices": False}


async def write_tasks(visitor: Visitor, *tasks: str) -> None:
    """Write action items; a word behind an `@` is somebody's name, of whom there is one."""
    text = notes_of(visitor)
    for number, task in enumerate(tasks):
        await text.press_sequentially(task if number else f"[ ] {task}")
        await expect(visitor.page.get_by_role("option")).to_have_count(1)
        await text.press("Enter")
        if number + 1 < len(tasks):
            await text.press("Enter")
    await saved(visitor)


def box(visitor: Visitor, text: str) -> Locator:
    card = visitor.page.get_by_role("region", name="Your tasks")
    return card.get_by_role("checkbox", name=re.compile(text))


def box_in_notes(visitor: Visitor, text: str) -> Any:
    return notes_of(visitor).get_by_role("checkbox", name=re.compile(text))


async def test_a_task_is_ticked_at_home_and_the_notes_show_it(visit: Visit, server: RunningServer) -> None:
    ben = await visit(BEN, **KEEPS_VIDEO_AWAY)
    await ben.join()
    await begin_notes(ben)
    await write_tasks(ben, "Bring the worksheet @Ben", "Print it @Priya")
    await ben.button("Leave").click()
    await expect(ben.page.get_by_text("You left")).to_be_visible()

    await ben.go_home(server.url)
    await expect(box(ben, "Bring the worksheet")).to_be_visible()
    await expect(box(ben, "Print it")).to_have_count(0)
    priya = await visit(PRIYA, **KEEPS_VIDEO_AWAY)
    await priya.join()
    await priya.button("Notes").click()
    await expect(box_in_notes(priya, "Bring the worksheet")).not_to_be_checked()

    await box(ben, "Bring the worksheet").click()
    await expect(box_in_notes(priya, "Bring the worksheet")).to_be_checked()
    await ben.button("Undo: Bring the worksheet @Ben Carter").click()
    await expect(box(ben, "Bring the worksheet")).to_be_focused()
    await expect(box_in_notes(priya, "Bring the worksheet")).not_to_be_checked()
    # Again, by keyboard; it stays while the focus does, and goes when that goes.
    await box(ben, "Bring the worksheet").press("Space")
    await expect(box_in_notes(priya, "Bring the worksheet")).to_be_checked()
    await ben.page.reload()
    await expect(ben.page.get_by_role("heading", name=re.compile("^Hello"))).to_be_visible()
    await expect(ben.page.get_by_role("region", name="Your tasks")).to_have_count(0)

    # Priya, who was not there, was given something, too. Her line fails for a moment, which takes no room away.
    await priya.page.route("**/TaskCard*.js", lambda route: route.abort())
    async with priya.page.expect_request(re.compile(r"/TaskCard.*\.js$")):
        await priya.go_home(server.url)
    await expect(priya.page.get_by_role("link", name=re.compile("^Teachers' lounge"))).to_be_visible()
    await expect(priya.page.get_by_role("region", name="Your tasks")).to_have_count(0)
    await priya.page.unroute("**/TaskCard*.js")
    await priya.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(box(priya, "Print it")).to_be_visible()
    await priya.page.get_by_role("region", name="Your tasks").get_by_role("link", name="Morning Round-up").click()
    await expect(priya.page).to_have_url(re.compile("/r/morning-round-up$"))


async def test_who_is_not_here_is_offered_behind_who_is(visit: Visit, server: RunningServer) -> None:
    ben = await visit(BEN, **KEEPS_VIDEO_AWAY)
    await ben.join()
    await begin_notes(ben)
    await notes_of(ben).press_sequentially("Ask @")
    options = ben.page.get_by_role("option")
    await expect(options).to_have_count(6)
    own = options.filter(has_text=await server.name_of(BEN))
    await expect(own).to_have_count(1)
    await expect(own).not_to_contain_text("not here now")
    await expect(options.last).to_contain_text("not here now")


async def test_axe_finds_nothing_at_home(visit: Visit, server: RunningServer) -> None:
    ben = await visit(BEN, **KEEPS_VIDEO_AWAY)
    await ben.join()
    await begin_notes(ben)
    await write_tasks(ben, "First of two @Ben", "Second of two @Ben")
    await notes_of(ben).press("Control+Home")
    await ben.button("Who does it, until when").click()
    await ben.page.get_by_label("Until when", exact=True).fill("2025-11-30")
    await ben.button("Done").click()
    await saved(ben)
    await ben.go_home(server.url)
    await expect(box(ben, "First of two")).to_be_visible()
    await expect(ben.page.get_by_text(re.compile(r"Overdue by \d+ days")).first).to_be_visible()
    await box(ben, "Second of two").click()
    await expect(ben.button(re.compile("^Undo: Second of two"))).to_be_visible()
    assert await ben.violations_in_any_scheme() == []
    await box(ben, "First of two").click()
    await expect(ben.page.get_by_role("region", name="Your tasks")).to_have_count(0)
