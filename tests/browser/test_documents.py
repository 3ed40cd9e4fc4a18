"""Board and notes as people use them: together, without a connection, on the next visit."""

import asyncio
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.pictures import opened, picture
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DANIEL = "facilitator@demo.example"
MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
KEEPS_VIDEO_AWAY = {"may_use_devices": False}
CANVAS = "canvas.interactive"
FILE_IN_HAND = """
([type, bytes]) => {
  const hand = new DataTransfer();
  hand.items.add(new File([new Uint8Array(bytes)], 'photo', {type}));
  return hand;
}
"""

INK_BY_HALF = """
canvas => {
  const {data, width} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const columns = [];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 128 && data[at] < 128) columns.push(at / 4 % width);
  }
  const middle = (Math.min(...columns) + Math.max(...columns)) / 2;
  const left = columns.filter(x => x < middle).length;
  return [left, columns.length - left];
}
"""


async def open_board(visitor: Visitor) -> None:
    await visitor.button("Board").click()
    await expect(visitor.page.get_by_role("heading", name=re.compile("^Board"), level=2)).to_be_visible()


LATE_AT_ONCE = """
const later = window.setTimeout;
window.setTimeout = (then, ms, ...given) => later(then, ms === 12000 ? 500 : ms, ...given);
"""


async def begin_board(visitor: Visitor, template: str = "Blank") -> None:
    """Begin a page whether there is one already or not."""
    await open_board(visitor)
    choice = visitor.button(template)
    pages = visitor.button(re.compile("All pages"))
    await expect(choice.or_(visitor.page.locator(CANVAS)).first).to_be_visible()
    if not await choice.is_visible():
        await pages.first.click()
    await choice.click()
    await expect(choice).to_be_hidden()
    await expect(visitor.page.locator(CANVAS)).to_be_visible()


async def take_pencil(page: Page, *, touch: bool = False) -> None:
    """Choose drawing by hand; the radio itself is not seen, what it is called by is."""
    choice = page.get_by_test_id("toolbar-freedraw")
    seen = page.locator("label", has=choice)
    await (seen.tap() if touch else seen.click())
    await expect(choice).to_be_checked()


async def top_of_board(page: Page) -> int:
    """Return where the board begins: lower, while somebody presents."""
    box = await page.locator(CANVAS).bounding_box()
    assert box is not None
    return round(box["y"])


async def draw_line(page: Page, *, y: int) -> None:
    """Draw a line by hand, with the mouse."""
    await take_pencil(page)
    box = await page.locator(CANVAS).bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + y
    await page.mouse.move(left, top)
    await page.mouse.down()
    for step in range(12):
        await page.mouse.move(left + step * 6, top + (step % 3) * 4)
    await page.mouse.up()


async def draw_with_finger(page: Page, *, y: int) -> None:
    """Draw a line by hand, by touching the screen, so far below the board's upper edge."""
    await take_pencil(page, touch=True)
    y += await top_of_board(page)
    hand = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: tuple[int, int]) -> None:
        touched = [{"x": x, "y": y} for x, y in points]
        await hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    await touch("touchStart", (80, y))
    for step in range(1, 12):
        await touch("touchMove", (80 + step * 15, y + (step % 3) * 4))
    await touch("touchEnd")


async def draw_with_pen(page: Page, *, y: int) -> None:
    """Draw a line by hand with a pen, which is pressed harder from the middle on; where, as with a finger."""
    await take_pencil(page, touch=True)
    y += await top_of_board(page)
    hand = await page.context.new_cdp_session(page)
    pen = {"pointerType": "pen", "button": "left", "y": y}
    await hand.send("Input.dispatchMouseEvent", {**pen, "type": "mousePressed", "x": 80, "buttons": 1, "force": 0.1})
    for step in range(1, 12):
        moved = {**pen, "type": "mouseMoved", "x": 80 + step * 15, "buttons": 1, "force": 0.1 if step < 6 else 1}
        await hand.send("Input.dispatchMouseEvent", moved)
    await hand.send("Input.dispatchMouseEvent", {**pen, "type": "mouseReleased", "x": 245, "force": 0})


async def ink_by_half(page: Page) -> tuple[int, int]:
    """Count what is dark on the board, left and right of the middle of all that is."""
    left, right = await page.locator("canvas.static").evaluate(INK_BY_HALF)
    return left, right


async def reads_on_board(visitor: Visitor, text: str | re.Pattern[str]) -> None:
    """Wait until the board's text for screen readers says something."""
    show = visitor.button("Show the board as text")
    if await show.get_attribute("aria-pressed") == "false":
        await show.click()
    await expect(visitor.page.get_by_role("region", name="Board as text").get_by_text(text).first).to_be_visible()


async def saved(visitor: Visitor) -> None:
    await expect(visitor.page.get_by_role("status").get_by_text("Saved", exact=True).first).to_be_visible()


async def download(visitor: Visitor, choice: str, folder: Path) -> Path:
    await visitor.button("Save a copy").click()
    async with visitor.page.expect_download() as expected:
        await visitor.button(choice).click()
    download = await expected.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


async def test_two_people_draw_also_without_a_connection(visit: Visit) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_board(maya)
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    await draw_line(omar.page, y=130)
    await reads_on_board(maya, "1 line drawn by hand")
    # Omar's network is gone; what either draws is there for both when it is back.
    await omar.context.set_offline(True)
    await draw_line(omar.page, y=170)
    await expect(omar.page.get_by_text("Kept on this page until the connection is back")).to_be_visible()
    await draw_line(maya.page, y=210)
    await omar.context.set_offline(False)
    await reads_on_board(maya, "3 lines drawn by hand")
    await reads_on_board(omar, "3 lines drawn by hand")
    await saved(omar)


async def test_a_finger_and_a_pen_draw_on_a_phone(visit: Visit) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY, viewport={"width": 360, "height": 740}, has_touch=True)
    omar = await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_board(maya)
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    # The finger first: once there is a pen, hands only move the board.
    await draw_with_finger(maya.page, y=130)
    await reads_on_board(omar, "1 line drawn by hand")
    left, right = await ink_by_half(omar.page)
    assert left > 0
    await draw_with_pen(maya.page, y=230)
    await reads_on_board(omar, "2 lines drawn by hand")
    with_pen = await ink_by_half(omar.page)
    assert with_pen[1] - right > 1.4 * (with_pen[0] - left) > 0, "where the pen is pressed, the line is thicker"
    # Where there is little room, what one seldom does is behind one button.
    await expect(maya.button("Earlier versions")).to_have_count(0)
    await maya.button("More").click()
    await maya.button("Earlier versions").click()
    await expect(maya.page.get_by_role("region", name="Earlier versions of this page")).to_be_visible()


async def test_a_copy_of_the_board_is_kept_as_picture_drawing_and_print(visit: Visit, tmp_path: Path) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya, "KWL: know, want to know, learned")
    await reads_on_board(maya, "What I want to know")
    png = (await download(maya, "Picture (PNG)", tmp_path)).read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(png[16:20], "big") > 500, "its width"
    svg = ET.fromstring((await download(maya, "Drawing (SVG)", tmp_path)).read_text(encoding="utf-8"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "What I learned" in " ".join(svg.itertext())
    pdf = PdfReader(await download(maya, "To print (PDF)", tmp_path))
    assert len(pdf.pages) == 1
    assert pdf.pages[0].mediabox.width > pdf.pages[0].mediabox.height, "a board is wider than high"


async def test_what_was_drawn_is_there_on_the_next_visit(visit: Visit) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await draw_line(maya.page, y=130)
    await reads_on_board(maya, "1 line drawn by hand")
    await maya.button("Leave").click()
    await expect(maya.page.get_by_text("You left")).to_be_visible()
    omar = await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await omar.join()
    await open_board(omar)
    await reads_on_board(omar, "1 line drawn by hand")


async def test_a_cleared_board_comes_back_by_undo(visit: Visit) -> None:
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await draw_line(maya.page, y=130)
    await reads_on_board(maya, "1 line drawn by hand")
    await maya.button("Clear the board").click()
    await reads_on_board(maya, "The board is empty.")
    await maya.button("Undo").last.click()
    await reads_on_board(maya, "1 line drawn by hand")


async def test_whoever_presents_is_followed(visit: Visit, server: RunningServer) -> None:
    daniel, omar = await visit(DANIEL, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await daniel.join()
    await omar.join()
    await begin_board(daniel)
    begin, stop = daniel.button("Have the others follow your view"), daniel.button("Stop being followed")
    await expect(begin.or_(stop)).to_be_visible()
    if await stop.is_visible():  # who comes back at once presents on what they did before
        await stop.click()
    await begin.click()
    name = await server.name_of(DANIEL)
    await expect(omar.page.get_by_text(f"You see what {name} sees")).to_be_visible()
    await omar.button("Look around").click()
    await expect(omar.page.get_by_text(f"{name} is presenting the board.")).to_be_visible()
    await omar.button("Follow").click()
    await expect(omar.page.get_by_text(f"You see what {name} sees")).to_be_visible()
    await stop.click()
    await expect(omar.page.get_by_text(f"You see what {name} sees")).to_be_hidden()


async def test_only_hosts_change_a_locked_page(visit: Visit) -> None:
    daniel, omar = await visit(DANIEL, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await daniel.join()
    await omar.join()
    await begin_board(daniel)
    await open_board(omar)
    await expect(omar.page.get_by_test_id("toolbar-freedraw")).to_be_attached()
    await expect(omar.button(re.compile("^Let only hosts"))).to_be_hidden()
    await daniel.button("Let only hosts change this page").click()
    await expect(omar.page.get_by_text("Only hosts can change this page")).to_be_visible()
    await expect(omar.page.get_by_test_id("toolbar-freedraw")).to_be_hidden()
    await draw_line(daniel.page, y=130)
    await reads_on_board(omar, "1 line drawn by hand")


async def begin_notes(visitor: Visitor, choice: str = "Blank") -> None:
    await visitor.button("Notes").click()
    panel = visitor.page.get_by_role("complementary", name="Notes")
    begin = visitor.button(choice)
    text = panel.get_by_role("textbox")
    await expect(begin.or_(text).first).to_be_visible()
    if not await begin.is_visible():
        await panel.get_by_role("button", name="All pages").click()
    await begin.click()
    await expect(begin).to_be_hidden()
    await expect(text).to_be_visible()


def notes_of(visitor: Visitor) -> Any:
    return visitor.page.get_by_role("complementary", name="Notes").get_by_role("textbox")


async def test_two_people_write_notes_and_see_who_wrote_what(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_notes(maya)
    await notes_of(maya).press_sequentially("From Maya.")
    await omar.button("Notes").click()
    await expect(notes_of(omar)).to_contain_text("From Maya.")
    await notes_of(omar).press("Control+End")
    await notes_of(omar).press_sequentially(" From Omar.")
    await expect(notes_of(maya)).to_contain_text("From Maya. From Omar.")
    await omar.button("Who wrote what").click()
    for email in (MAYA, OMAR):
        await expect(omar.page.get_by_role("complementary", name="Notes")).to_contain_text(await server.name_of(email))
    await saved(maya)
    copies = {}
    for choice, beginning in (
        ("To print (PDF)", b"%PDF-"),
        ("Text (Markdown)", b"# "),
        ("Web page (HTML)", b"<!doctype html>"),
    ):
        await maya.button("Save a copy").click()
        async with maya.page.expect_download() as expected:
            await maya.page.get_by_role("link", name=choice).click()
        copies[choice] = (await (await expected.value).path()).read_bytes()
        assert copies[choice].startswith(beginning)
    assert ">From Maya. From Omar.</p>" in copies["Web page (HTML)"].decode()
    await maya.page.reload()
    await expect(maya.button("Leave")).to_be_visible()
    await maya.button("Notes").click()
    await expect(notes_of(maya)).to_contain_text("From Maya. From Omar.")


async def test_what_is_opened_for_the_first_time_while_the_line_is_gone_comes_with_the_line(visit: Visit) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_board(maya)
    await omar.join()
    await omar.context.set_offline(True)
    await omar.page.keyboard.press("b")  # a pointer above the button would have fetched it before
    await expect(omar.page.get_by_role("status", name="One moment …")).to_be_visible()
    await asyncio.sleep(1)  # it is tried and fails in that time, and the page stays
    await expect(omar.button("Leave")).to_be_visible()
    await omar.context.set_offline(False)
    await expect(omar.page.locator(CANVAS)).to_be_visible()


async def test_what_never_comes_offers_to_reload_the_page(visit: Visit) -> None:
    """As on a page that was open while the server was updated: what it asks for is not there any more."""
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    omar = await visit(OMAR, init_script=LATE_AT_ONCE, **KEEPS_VIDEO_AWAY)
    await omar.context.route("**/assets/LiveBoard-*", lambda route: route.fulfill(status=404))
    await maya.join()
    await begin_board(maya)
    await omar.join()
    await omar.page.keyboard.press("b")
    await expect(omar.page.get_by_text("This takes longer than it should.")).to_be_visible()

    await omar.button("Reload the page").click()
    await omar.context.unroute("**/assets/LiveBoard-*")
    await expect(omar.button("Leave")).to_be_visible()
    await omar.page.keyboard.press("b")
    await expect(omar.page.locator(CANVAS)).to_be_visible()


async def test_everybody_has_one_colour_on_every_screen(visit: Visit) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_notes(maya)
    await notes_of(maya).press_sequentially("From Maya.")
    await omar.button("Notes").click()
    await expect(notes_of(omar)).to_contain_text("From Maya.")
    await notes_of(omar).press("Control+End")
    await notes_of(omar).press_sequentially(" From Omar.")
    await expect(notes_of(maya)).to_contain_text("From Omar.")
    for visitor in (maya, omar):
        await visitor.button("Who wrote what").click()
        for part in ("From Maya.", "From Omar."):
            await expect(notes_of(visitor).locator("[data-colour][title]", has_text=part)).to_be_visible()
    words = {part: await colour_of(notes_of(maya).locator("[title]", has_text=part)) for part in ("Maya.", "Omar.")}
    assert words["Maya."] != words["Omar."]
    for visitor in (maya, omar):
        for part, colour in words.items():
            assert await colour_of(notes_of(visitor).locator("[title]", has_text=part)) == colour
            [author] = {await notes_of(visitor).locator("[title]", has_text=part).get_attribute("title")}
            listed = visitor.page.get_by_role("list", name="Who wrote what").get_by_role("listitem")
            assert await colour_of(listed.filter(has_text=author or "")) == colour
    caret = notes_of(maya).locator("[aria-hidden][data-colour]")
    assert await colour_of(caret) == words["Omar."]
    for visitor in (maya, omar):
        await visitor.button("Notes").click()
    await begin_board(maya)
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    await draw_line(omar.page, y=130)
    pointer = maya.page.get_by_role("region", name="Board", exact=True).locator("[aria-hidden] > [data-colour]")
    await expect(pointer).to_be_visible()
    assert await colour_of(pointer) == words["Omar."]


async def colour_of(locator: Locator) -> str:
    """Return the colour that something of a person's is in."""
    return str(await locator.evaluate("part => getComputedStyle(part).getPropertyValue('--rp-person')"))


async def test_notes_are_begun_and_written_with_the_keyboard_alone(visit: Visit) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await maya.page.keyboard.press("n")
    panel = maya.page.get_by_role("complementary", name="Notes")
    begin = panel.get_by_role("button", name="With an outline").or_(notes_of(maya)).first
    await expect(begin).to_be_visible()
    if not await notes_of(maya).is_visible():
        await tab_to(maya.page, begin)
        await maya.page.keyboard.press("Enter")
    await expect(notes_of(maya)).to_be_visible()
    await tab_to(maya.page, notes_of(maya))
    await maya.page.keyboard.press("Control+End")
    await maya.page.keyboard.press("Enter")
    await maya.page.keyboard.type("- By keys")
    await maya.page.keyboard.press("Control+b")
    await maya.page.keyboard.type(" alone")
    await omar.page.keyboard.press("n")
    await expect(notes_of(omar).locator("li", has_text="By keys alone")).to_be_visible()
    await expect(notes_of(omar).locator("strong", has_text="alone")).to_be_visible()
    # The keyboard is not caught in the notes.
    await maya.page.keyboard.press("Escape")
    await maya.page.keyboard.press("Tab")
    await expect(notes_of(maya)).not_to_be_focused()


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not get there")


async def bring_notes_back(visit: Visit) -> Visitor:
    """Have Maya write notes, write others over them, and bring back the first ones."""
    maya = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await begin_notes(maya)
    await notes_of(maya).press_sequentially("First thoughts")
    await saved(maya)
    # With the end of the meeting comes a version.
    await maya.button("Leave").click()
    await expect(maya.page.get_by_text("You left")).to_be_visible()
    again = await visit(MAYA, **KEEPS_VIDEO_AWAY)
    await again.join()
    await again.button("Notes").click()
    await notes_of(again).press("Control+A")
    await notes_of(again).press_sequentially("Something else")
    await saved(again)
    await again.button("Earlier versions").click()
    await expect(again.page.get_by_role("document").get_by_text("First thoughts")).to_be_visible()
    await again.button("Bring this version back").click()
    await expect(notes_of(again)).to_contain_text("First thoughts")
    return again


async def test_a_version_is_brought_back(visit: Visit) -> None:
    again = await bring_notes_back(visit)
    await expect(notes_of(again)).not_to_contain_text("Something else")


async def test_axe_finds_nothing(visit: Visit) -> None:
    daniel = await visit(DANIEL, **KEEPS_VIDEO_AWAY)
    await daniel.join()
    await begin_board(daniel, "T-chart")
    await reads_on_board(daniel, "What speaks for it?")
    await begin_notes(daniel, "With an outline")
    assert await daniel.violations_in_any_scheme() == []


@pytest.mark.parametrize("kind", ["jpeg", "avif"])  # the one as it is, the other made anew by the page
async def test_a_picture_on_the_board_is_seen_by_the_others(visit: Visit, kind: str) -> None:
    maya, omar = await visit(MAYA, **KEEPS_VIDEO_AWAY), await visit(OMAR, **KEEPS_VIDEO_AWAY)
    await maya.join()
    await omar.join()
    await begin_board(maya)
    await open_board(omar)
    await expect(omar.page.locator(CANVAS)).to_be_visible()
    box = await maya.page.locator(CANVAS).bounding_box()
    assert box is not None
    async with omar.page.expect_response(re.compile(r"/pictures/[0-9a-f]{64}$")) as expected:
        dropped = await maya.page.evaluate_handle(FILE_IN_HAND, [f"image/{kind}", list(picture(kind, size=(320, 200)))])
        where = {"clientX": box["x"] + box["width"] / 2, "clientY": box["y"] + box["height"] / 2}
        await maya.page.dispatch_event(CANVAS, "drop", {"dataTransfer": dropped, **where})
    assert (await expected.value).status == 200
    await reads_on_board(omar, "Picture")
    async with asyncio.timeout(30):
        while await red_pixels(omar.page) < 320 * 200 / 4:
            pass


async def red_pixels(page: Page) -> int:
    """Count what is red on the board as it is painted."""
    shown = opened(await page.locator(CANVAS).screenshot()).convert("RGB")
    pixels = zip(*(band.tobytes() for band in shown.split()), strict=True)
    return sum(red > 200 > 90 > green + blue for red, green, blue in pixels)
