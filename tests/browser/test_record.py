"""Looking back at a meeting: what is kept of it, and where the moments in notes lead."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_documents import (
    CANVAS,
    KEEPS_VIDEO_AWAY,
    MAYA,
    OMAR,
    begin_board,
    begin_notes,
    draw_line,
    notes_of,
    reads_on_board,
    saved,
)
from tests.browser.visitor import Visitor
from tests.support.command import roundup_process
from tests.support.gateway import run_sql
from tests.support.server import RunningServer
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MENTOR = "mentor@demo.example"
CLOCK_THAT_IS_WRONG = "const now = Date.now; Date.now = () => now() + 86400000 * 30;"


async def open_room(server: RunningServer, slug: str) -> str:
    """Make a room that no other test uses, as the server's operator does."""
    arguments = ("rooms", "add", slug, "--name", "Faculty Lounge", "--kind", "lounge")
    outcome = await roundup_process(*arguments, "--data-dir", server.config.data_dir)
    assert outcome.code == 0, outcome.err
    return slug


async def until_over(server: RunningServer, meeting_id: str) -> None:
    """Wait until a meeting has ended and what it changed is kept."""
    kept = f"SELECT document_id FROM meeting_document WHERE meeting_id = '{meeting_id}'"
    await until(lambda: len(run_sql(server.config.data_dir, kept)) == 2)


def timeline(page: Page) -> Locator:
    return page.get_by_role("region", name="What happened")


def kept(page: Page, kind: str) -> Locator:
    return page.get_by_role("article", name=re.compile(f"^{kind}:"))


async def hold_meeting(visit: Visit, server: RunningServer, room: str) -> tuple[Visitor, str]:
    """Have Maya and Omar meet, write, draw, and leave; return Omar and the meeting's record as an address."""
    # Maya's own clock is a month ahead: moments are the server's.
    maya = await visit(MAYA, room=room, init_script=CLOCK_THAT_IS_WRONG, **KEEPS_VIDEO_AWAY)
    omar = await visit(OMAR, room=room, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_notes(maya)
    await notes_of(maya).press_sequentially("Fractions went well ")
    await maya.button(re.compile("^Time in the meeting")).click()
    await expect(notes_of(maya).get_by_role("button", name=re.compile("^Go to"))).to_be_visible()
    await saved(maya)
    await begin_board(omar)
    await draw_line(omar.page, y=130)
    await reads_on_board(omar, "1 line drawn by hand")
    await omar.write("See you <b>tomorrow</b>")
    await omar.leave()
    await omar.button("Rejoin").click()
    await expect(omar.button("Leave")).to_be_visible()
    await omar.leave()
    await maya.leave()
    link = maya.page.get_by_role("link", name="Look back at this meeting")
    address = await link.get_attribute("href")
    assert address is not None
    await until_over(server, address.rpartition("/")[2])
    return omar, server.url + address


async def test_a_meeting_can_be_looked_back_at(visit: Visit, server: RunningServer) -> None:
    room = await open_room(server, "faculty-lounge")
    omar, address = await hold_meeting(visit, server, room)
    await omar.page.goto(address)
    story, names = timeline(omar.page), [await server.name_of(MAYA), await server.name_of(OMAR)]
    await expect(story.get_by_text("The meeting ended")).to_be_visible()
    for words in (
        f"{names[0]} came",
        f"{names[1]} came",
        f"{names[1]} came back",
        f"{names[0]} left",
        "See you <b>tomorrow</b>",
        "Fractions went well",
        "Noted in",
    ):
        await expect(story.get_by_text(words).first).to_be_visible()
    await expect(story.get_by_text(f"{names[1]} left")).to_have_count(2)
    notes, board = kept(omar.page, "Notes"), kept(omar.page, "Board")
    await expect(notes.get_by_role("document")).to_contain_text("Fractions went well")
    await expect(board.get_by_text("1 line drawn by hand")).to_be_visible()
    await board.get_by_role("button", name="Show the drawing").click()
    await expect(board.locator(CANVAS)).to_be_visible()
    await notes.get_by_role("button", name="Save a copy").click()
    async with omar.page.expect_download() as expected:
        await omar.page.get_by_role("dialog").get_by_role("link", name="Text (Markdown)").click()
    assert "Fractions went well" in (await (await expected.value).path()).read_text(encoding="utf-8")
    # A moment leads to its place in the timeline.
    await notes.get_by_role("button", name=re.compile("^Go to")).click()
    await expect(story.locator("[aria-current=true]")).to_contain_text("Fractions went well")
    assert re.fullmatch(r"#at=\d+", await omar.page.evaluate("location.hash"))

    # What is written later changes nothing of it.
    later = await visit(MAYA, room=room, **KEEPS_VIDEO_AWAY)
    await later.join()
    await later.button("Notes").click()
    await notes_of(later).press("Control+End")
    await notes_of(later).press_sequentially(" and something else")
    await saved(later)
    await omar.page.reload()
    await expect(notes.get_by_role("document")).to_contain_text("Fractions went well")
    await expect(notes).to_contain_text("Changed since.")
    await expect(notes.get_by_role("document")).not_to_contain_text("something else")
    await expect(board).not_to_contain_text("Changed since.")
    # From the room a moment of the earlier meeting leads to that one's record, in another tab.
    async with later.context.expect_page() as opening:
        await notes_of(later).get_by_role("button", name=re.compile("^Go to")).first.click()
    tab = await opening.value
    await expect(timeline(tab).locator("[aria-current=true]")).to_contain_text("Fractions went well")
    assert tab.url.startswith(f"{address}#at=")
    await expect(later.button("Leave")).to_be_visible()
    # Who was not there finds nothing.
    mentor = await visit(MENTOR, room=room, **KEEPS_VIDEO_AWAY)
    await mentor.page.goto(address)
    await expect(mentor.page.get_by_text("We do not know this meeting")).to_be_visible()


async def test_a_meeting_that_is_going_on_is_looked_at_from_its_notes(visit: Visit, server: RunningServer) -> None:
    room = await open_room(server, "going-on")
    maya = await visit(MAYA, room=room, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_notes(maya)
    await notes_of(maya).press_sequentially("Just now ")
    await maya.button(re.compile("^Time in the meeting")).click()
    await saved(maya)
    async with maya.context.expect_page() as opening:
        await notes_of(maya).get_by_role("button", name=re.compile("^Go to")).last.click()
    tab = await opening.value
    await expect(tab.get_by_text("This meeting is still going on.")).to_be_visible()
    await expect(timeline(tab).locator("[aria-current=true]")).to_contain_text("Just now")


async def test_axe_finds_nothing(visit: Visit, server: RunningServer) -> None:
    room = await open_room(server, "looked-at-closely")
    _, address = await hold_meeting(visit, server, room)
    omar = await visit(OMAR, room=room, **KEEPS_VIDEO_AWAY)
    await omar.page.get_by_role("link", name="Earlier meetings").click()
    await omar.page.get_by_role("link", name=re.compile("2 people")).first.click()
    assert omar.page.url == address
    notes = kept(omar.page, "Notes")
    await notes.get_by_role("button", name=re.compile("^Go to")).last.click()
    await expect(timeline(omar.page).locator("[aria-current=true]")).to_be_visible()
    assert await omar.violations_in_any_scheme() == []
    await omar.page.go_back()
    await expect(omar.page.get_by_role("heading", name=re.compile("^Meetings of"))).to_be_visible()
    assert await omar.violations_in_any_scheme() == []
