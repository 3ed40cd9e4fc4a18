"""Two people in a room, as they live it: see, hear, write, mute, reload, lose the line."""

import os
import re
import signal

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_audio_slots import TONE, set_voice
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"

UNREAD_MARKS = """
() => {
  const seen = [];
  const look = () => {
    for (const badge of document.querySelectorAll('[data-count]')) seen.push(badge.dataset.count);
    if (document.title.startsWith('(')) seen.push(document.title);
  };
  const what = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(look).observe(document.documentElement, what);
  return seen;
}
"""
"""Returns an array that grows with every badge and title that counts unread messages, however briefly."""


async def test_two_people_see_hear_and_write_to_each_other(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    names = {email: await server.name_of(email) for email in (MAYA, OMAR)}
    await maya.sees(names[OMAR])
    await omar.sees(names[MAYA])
    await maya.hears_somebody()
    await omar.hears_somebody()
    await maya.write("Good morning! Slides: https://example.org/slides?a=1&b=2.")
    link = omar.page.get_by_role("log").get_by_role("link", name="https://example.org/slides?a=1&b=2")
    await omar.open_chat()
    await expect(link).to_have_attribute("href", "https://example.org/slides?a=1&b=2")
    await omar.write("Good morning, Maya")
    await maya.reads("Good morning, Maya")


async def test_mute_is_shown_at_the_other_side_and_silences(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    tile = omar.tile(await server.name_of(MAYA))
    await omar.sees(await server.name_of(MAYA))
    await expect(tile.get_by_label("Muted")).to_be_hidden()
    await maya.button("Mute microphone").click()
    await expect(tile.get_by_label("Muted")).to_be_visible()
    await omar.hears_nobody()
    await maya.page.keyboard.press("m")
    await expect(tile.get_by_label("Muted")).to_be_hidden()
    await expect(maya.button("Mute microphone")).to_be_visible()
    await omar.hears_somebody()


async def test_camera_off_and_on_again(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    name = await server.name_of(MAYA)
    await omar.sees(name)
    await maya.button("Turn camera off").click()
    await expect(omar.tile(name).locator("video:visible")).to_have_count(0)
    await maya.button("Turn camera on").click()
    await expect(omar.tile(name).locator("video:visible")).to_have_count(1)
    await omar.sees(name)


async def test_keys_are_ignored_while_typing(visit: Visit) -> None:
    maya = await visit(MAYA)
    await maya.join()
    await maya.page.keyboard.press("c")
    await expect(maya.message_input).to_be_visible()
    await maya.message_input.press_sequentially("mvc Mmm")
    await expect(maya.message_input).to_have_value("mvc Mmm")
    await expect(maya.button("Mute microphone")).to_be_visible()
    await expect(maya.button("Turn camera off")).to_be_visible()


async def test_reload_comes_back_without_the_prejoin_page(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    await omar.sees(await server.name_of(MAYA))
    tile = await omar.tile(await server.name_of(MAYA)).element_handle()
    await maya.open_chat()
    await maya.message_input.fill("half a sentence")
    await maya.button("Mute microphone").click()
    await maya.page.reload()
    await expect(maya.button("Leave")).to_be_visible()
    await expect(maya.button("Unmute microphone")).to_be_visible()
    await maya.open_chat()
    await expect(maya.message_input).to_have_value("half a sentence")
    await maya.sees(await server.name_of(OMAR))
    await omar.sees(await server.name_of(MAYA))
    await expect(omar.tile(await server.name_of(MAYA))).to_have_count(1)
    assert await tile.evaluate("tile => tile.isConnected"), "for the others she never went"


async def test_closing_the_page_is_leaving(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    tile = omar.tile(await server.name_of(MAYA))
    await expect(tile).to_have_count(1)
    await maya.page.close()
    await expect(tile).to_have_count(0)


async def test_what_is_read_as_it_comes_is_never_unread(visit: Visit) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    await omar.open_chat()
    await maya.write("before")
    await omar.reads("before")
    await expect(omar.page.locator("[data-count]")).to_have_count(0)
    marks = await omar.page.evaluate_handle(UNREAD_MARKS)
    for text in ("one", "two", "three"):
        await maya.write(text)
        await omar.reads(text)
    assert await marks.json_value() == []


async def test_a_lost_line_keeps_the_room_and_comes_back(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    await maya.sees(await server.name_of(OMAR))
    await maya.open_chat()
    await maya.message_input.fill("still here")
    await maya.context.set_offline(True)
    banner = maya.page.get_by_role("status").filter(has_text=re.compile("offline|connect", re.IGNORECASE))
    await expect(banner.first).to_be_visible()
    await expect(maya.button("Join")).to_have_count(0)
    await omar.write("written while Maya was away")
    await maya.context.set_offline(False)
    await maya.reads("written while Maya was away")
    await expect(maya.message_input).to_have_value("still here")
    await expect(maya.button("Join")).to_have_count(0)
    await maya.sees(await server.name_of(OMAR))
    await omar.sees(await server.name_of(MAYA))


async def test_a_killed_media_worker_is_replaced_under_the_meeting(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    await maya.sees(await server.name_of(OMAR))
    await omar.button("Mute microphone").click()
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    await omar.write("chat never noticed")
    await maya.reads("chat never noticed")
    await maya.sees(await server.name_of(OMAR))
    await omar.sees(await server.name_of(MAYA))
    await expect(omar.button("Unmute microphone")).to_be_visible()
    await expect(maya.tile(await server.name_of(OMAR)).get_by_label("Muted")).to_be_visible()


async def test_two_tabs_are_one_participant(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    second = await maya.context.new_page()
    await second.goto(f"{server.url}/r/morning-round-up")
    await second.get_by_role("button", name="Join", exact=True).click()
    await expect(second.get_by_role("button", name="Leave", exact=True)).to_be_visible()
    await expect(omar.page.locator("[data-participant-id]")).to_have_count(2)
    await omar.sees(await server.name_of(MAYA))


async def test_leaving_shows_at_once_and_can_be_undone(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    name = await server.name_of(MAYA)
    await expect(omar.tile(name)).to_have_count(1)
    await maya.button("Leave").click()
    await expect(omar.tile(name)).to_have_count(0)
    await maya.button(re.compile("Rejoin|Join")).first.click()
    await expect(omar.tile(name)).to_have_count(1)


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
async def test_words_about_talking_while_muted_cover_no_tile_and_no_control(
    visit: Visit, server: RunningServer, size: tuple[int, int]
) -> None:
    email = "bartholomew@demo.example"
    await server.add_person(email, "Bartholomew Featherstonehaugh-Cholmondeley")
    speaker = await visit(email, init_script=TONE, viewport={"width": size[0], "height": size[1]})
    await speaker.join()
    await speaker.button("Mute microphone").click()
    await set_voice(speaker.page, 0.5)
    said = await speaker.page.get_by_text("You are talking, but you are muted.").bounding_box(timeout=60_000)
    stage = await speaker.page.get_by_role("region", name="People in the room").bounding_box()
    assert said is not None
    assert stage is not None
    assert said["y"] >= 0
    assert said["y"] + said["height"] <= stage["y"]
    assert said["x"] >= 0
    assert said["x"] + said["width"] <= size[0]
    mark, tile = await speaker.own_tile.get_by_text("(you)").bounding_box(), await speaker.own_tile.bounding_box()
    assert mark is not None
    assert tile is not None
    assert mark["x"] + mark["width"] <= tile["x"] + tile["width"]
    assert await speaker.accessibility_violations() == []
