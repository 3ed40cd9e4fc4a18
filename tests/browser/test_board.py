"""What happens to all of a page of the board: cleared, brought back, too much to be drawn; and who has the keyboard."""

import json
import re
import secrets
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_documents import (
    CANVAS,
    DANIEL,
    KEEPS_VIDEO_AWAY,
    MAYA,
    OMAR,
    begin_board,
    bring_notes_back,
    draw_line,
    notes_of,
    open_board,
    reads_on_board,
    saved,
)
from tests.browser.visitor import Visitor
from tests.support import page as wire
from tests.support.documents import OpenDocument
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FRAMES = """
async () => {
  const start = performance.now();
  for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
"""
SHAPE = {
    "type": "rectangle",
    "angle": 0,
    "strokeColor": "#1e1e1e",
    "backgroundColor": "#ffec99",
    "fillStyle": "solid",
    "strokeWidth": 2,
    "strokeStyle": "solid",
    "roundness": None,
    "roughness": 1,
    "opacity": 30,
    "seed": 7,
    "groupIds": [],
    "frameId": None,
    "boundElements": None,
    "link": None,
    "locked": False,
}
WORDS = {
    "type": "text",
    "text": "x" * 200,
    "originalText": "x" * 200,
    "fontSize": 2000,
    "fontFamily": 5,
    "textAlign": "left",
    "verticalAlign": "top",
    "containerId": None,
    "autoResize": True,
    "lineHeight": 1.25,
}


def things(kind: str, count: int, **fields: Any) -> dict[str, str]:
    """Return elements as pages write them, one above the other."""
    placed = {"x": 0, "y": 0, "width": 100, "height": 100, **fields}
    indices = {f"{kind}{at}": f"a{kind[0]}{at:04d}V" for at in range(count)}
    return {name: json.dumps({**SHAPE, **placed, "id": name, "index": index}) for name, index in indices.items()}


async def hostile(server: RunningServer) -> OpenDocument:
    """Have the page of the board that was begun last open, with a client that draws whatever it likes."""
    page = wire.Page(await server.sign_in(DANIEL))
    await page.connect(server.url)
    await page.join("morning-round-up", request_id=secrets.token_hex(8))
    assert page.snapshot is not None
    boards = [document for document in page.snapshot.documents.documents if document.kind == "board"]
    document = OpenDocument(page, boards[-1].document_id)
    await document.open()
    return document


async def test_a_flooded_board_stays_usable_and_keeps_what_it_does_not_show(
    visit: Visit, server: RunningServer
) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await draw_line(maya.page, y=130)
    await saved(maya)
    flood = await hostile(server)
    whole = {"x": -25_000, "y": -25_000, "width": 50_000, "height": 50_000}
    await flood.draw(**things("area", 100, **whole), **things("words", 100, **whole, **WORDS))
    await flood.draw(**things("heap", 4_000, width=160, height=160))
    await expect(maya.page.get_by_text("are kept, but left out")).to_be_visible()
    omar = await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await omar.join()
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    await expect(omar.page.get_by_text("are kept, but left out")).to_be_visible()
    await omar.page.mouse.move(640, 300)
    await omar.page.mouse.wheel(0, 120)
    assert await omar.page.evaluate(FRAMES) < 5_000, "milliseconds for five frames of it"
    await reads_on_board(omar, "1 line drawn by hand")
    # Whoever looks at it has changed nothing.
    await flood.open()
    assert len([name for name in flood.copy.shown() if re.match("area|words|heap", name)]) == 4_200
    # With the page, what was not shown goes too.
    await omar.button("Clear the board").click()
    await expect(omar.page.get_by_text(re.compile("2 people"))).to_be_visible()
    await omar.button("Clear the page").click()
    await reads_on_board(omar, "The board is empty.")
    await saved(omar)
    await flood.open()
    assert flood.copy.shown() == {}
    await flood.page.close()


async def test_what_several_have_drawn_is_cleared_when_one_says_so_and_the_others_are_told(
    visit: Visit, server: RunningServer
) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_board(maya)
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    await draw_line(maya.page, y=130)
    await draw_line(omar.page, y=170)
    await reads_on_board(maya, "2 lines drawn by hand")
    await maya.button("Clear the board").click()
    await expect(maya.page.get_by_text("2 drawings and texts by 2 people")).to_be_visible()
    await maya.button("Keep it").click()
    await reads_on_board(maya, "2 lines drawn by hand")
    await maya.button("Clear the board").click()
    await maya.button("Clear the page").click()
    await reads_on_board(omar, "The board is empty.")
    await expect(omar.page.get_by_text(f"{await server.name_of(MAYA)} has cleared this page.")).to_be_visible()
    await omar.button("Bring back").click()
    await reads_on_board(omar, "2 lines drawn by hand")
    await reads_on_board(maya, "2 lines drawn by hand")


async def is_in_board(page: Page) -> bool:
    return bool(await page.evaluate("document.activeElement.closest('.excalidraw') !== null"))


async def test_an_earlier_version_of_the_board_is_brought_back_as_one_step_of_undoing(visit: Visit) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await draw_line(maya.page, y=130)
    await reads_on_board(maya, "1 line drawn by hand")
    await saved(maya)
    # With the end of the meeting comes a version.
    await maya.button("Leave").click()
    await expect(maya.page.get_by_text("You left")).to_be_visible()
    again = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await again.join()
    await open_board(again)
    await expect(again.page.locator(CANVAS)).to_be_visible()
    await draw_line(again.page, y=170)
    await draw_line(again.page, y=210)
    await reads_on_board(again, "3 lines drawn by hand")
    await saved(again)
    await again.button("Earlier versions").click()
    await again.button("Bring this version back").click()
    await expect(again.page.get_by_text("This page is again as it was")).to_be_visible()
    await reads_on_board(again, "1 line drawn by hand")
    await again.page.locator(".excalidraw-container").focus()
    await again.page.keyboard.press("Control+z")
    await reads_on_board(again, "3 lines drawn by hand")
    await again.page.keyboard.press("Control+Shift+z")
    await reads_on_board(again, "1 line drawn by hand")
    await saved(again)


async def test_bringing_notes_back_is_undone_by_its_message(visit: Visit) -> None:
    again = await bring_notes_back(visit)
    message = again.page.get_by_role("status").filter(has_text="These notes are again as they were")
    await message.get_by_role("button", name="Undo").click()
    await expect(notes_of(again)).to_contain_text("Something else")
    await expect(message).to_be_hidden()


async def chosen_tool(visitor: Visitor) -> str | None:
    """Return which of the board's tools is in use."""
    return await visitor.page.locator(".ToolIcon_type_radio:checked").get_attribute("data-testid")


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
async def test_the_keys_of_a_board_work_as_soon_as_it_is_there(visit: Visit, by: str) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await expect(maya.page.locator(".excalidraw-container")).to_be_focused()
    await maya.page.keyboard.press("r")
    assert await chosen_tool(maya) == "toolbar-rectangle"
    await maya.button("Close the board").click()
    if by == "mouse":
        await open_board(maya)
    else:
        await maya.page.keyboard.press("b")
    await expect(maya.page.locator(".excalidraw-container")).to_be_focused()
    await maya.page.keyboard.press("o")
    assert await chosen_tool(maya) == "toolbar-ellipse"


SIZES = ((1280, 800), (740, 360), (360, 740)) * 3
"""Of a window that grows, a phone that is turned, and back: width and height in CSS pixels."""


async def test_the_board_has_its_bar_and_tools_whatever_becomes_of_the_windows_size(visit: Visit) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY, viewport={"width": 360, "height": 740})
    await maya.join()
    await begin_board(maya)
    for width, height in SIZES:
        await maya.page.set_viewport_size({"width": width, "height": height})
        for name in ("Show the board as text", "Show all of it", "Clear the board"):
            await expect(maya.button(name).filter(visible=True)).to_have_count(1)
        await expect(maya.page.locator(".excalidraw--mobile")).to_have_count(0 if width == 1280 else 1)


async def test_whoever_closes_a_dialog_is_back_at_the_button_that_opened_it(visit: Visit) -> None:
    daniel = await visit(DANIEL, **KEEPS_VIDEO_AWAY, viewport={"width": 360, "height": 740})
    await daniel.join()
    await begin_board(daniel)
    pages = daniel.button(re.compile("All pages"))
    for is_by_key in (False, True):
        await pages.click()
        if is_by_key:
            await daniel.page.keyboard.press("Escape")
        else:
            await daniel.button("Close").click()
        await expect(pages).to_be_focused()
    # From one dialog into the next, and out of both.
    await daniel.button("More").click()
    await daniel.button("Save a copy").click()
    async with daniel.page.expect_download():
        await daniel.button("Drawing (SVG)").click()
    await expect(daniel.button("More")).to_be_focused()


async def test_a_board_that_opens_takes_nobody_away_from_what_they_type(visit: Visit) -> None:
    daniel, omar = await visit(DANIEL, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await daniel.join()
    await omar.join()
    await begin_board(daniel)
    await omar.open_chat()
    await omar.button("Board").click()
    await omar.message_input.press_sequentially("I am writing")
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    await daniel.button("Have the others follow your view").click()
    await expect(omar.page.get_by_text("You see what")).to_be_visible()
    await omar.page.keyboard.type(".")
    await expect(omar.message_input).to_have_value("I am writing.")
    assert not await is_in_board(omar.page)
    # Whoever comes back soon after closing the page would present still.
    await daniel.button("Stop being followed").click()
    await expect(omar.page.get_by_text("You see what")).to_be_hidden()


async def test_followers_stay_with_a_presenter_who_turns_to_another_page(visit: Visit, server: RunningServer) -> None:
    daniel, omar = await visit(DANIEL, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await daniel.join()
    await omar.join()
    await begin_board(daniel)
    await open_board(omar)
    await daniel.button("Have the others follow your view").click()
    line = omar.page.get_by_text(f"You see what {await server.name_of(DANIEL)} sees")
    await expect(line).to_be_visible()
    await daniel.button(re.compile("All pages")).first.click()
    await daniel.button("T-chart").click()
    await daniel.button("Present this page").click()
    await expect(omar.page.get_by_role("heading", name=re.compile("^Board.*T-chart"))).to_be_visible()
    await expect(line).to_be_visible()
    await reads_on_board(omar, "What speaks for it?")
    await expect(line).to_be_visible()
