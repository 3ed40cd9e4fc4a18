"""One person inside twice, in two browsers at once: whoever was clicked last is heard and seen."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
ELSEWHERE = "from another tab or device"


async def test_the_microphone_unmuted_last_is_the_live_one(visit: Visit, server: RunningServer) -> None:
    omar, laptop, phone = await visit(OMAR), await visit(MAYA), await visit(MAYA)
    await omar.join()
    await omar.button("Mute microphone").click()
    await laptop.join()
    await phone.join()
    tile = omar.tile(await server.name_of(MAYA))
    await expect(laptop.button("Unmute microphone")).to_be_visible()
    for chosen, other in ((laptop, phone), (phone, laptop)) * 2:
        await chosen.button("Unmute microphone").click()
        await expect(other.button("Unmute microphone")).to_be_visible()
        await omar.hears_somebody()
        await expect(chosen.button("Mute microphone")).to_be_visible()
        await expect(other.button("Unmute microphone")).to_be_visible()
        await expect(tile.get_by_label("Muted")).to_be_hidden()
        await expect(chosen.own_tile.get_by_label("Muted")).to_be_hidden()
        await expect(other.own_tile.get_by_label("Muted")).to_be_hidden()
        await expect(other.page.get_by_text(ELSEWHERE)).to_contain_text("hear you")
    await phone.button("Mute microphone").click()
    await expect(tile.get_by_label("Muted")).to_be_visible()
    await expect(laptop.own_tile.get_by_label("Muted")).to_be_visible()
    await expect(laptop.page.get_by_text("hear you")).to_have_count(0)


async def test_the_camera_of_one_tab_leaves_the_microphone_of_the_other_alone(
    visit: Visit, server: RunningServer
) -> None:
    omar, laptop, phone = await visit(OMAR), await visit(MAYA), await visit(MAYA)
    await omar.join()
    await omar.button("Mute microphone").click()
    await laptop.join()
    await phone.join()
    await expect(laptop.button("Turn camera on")).to_be_visible()
    for camera, other in ((laptop, phone), (phone, laptop)) * 2:
        await camera.button("Turn camera on").click()
        await expect(other.button("Turn camera on")).to_be_visible()
        await omar.sees(await server.name_of(MAYA))
        await omar.hears_somebody()
        await expect(camera.button("Turn camera off")).to_be_visible()
        await expect(phone.button("Mute microphone")).to_be_visible()
        await expect(laptop.button("Unmute microphone")).to_be_visible()
    await expect(omar.tile(await server.name_of(MAYA)).get_by_label("Muted")).to_be_hidden()


async def test_leaving_one_tab_says_that_the_other_is_still_inside(visit: Visit) -> None:
    laptop, phone = await visit(MAYA), await visit(MAYA)
    await laptop.join()
    await phone.join()
    await phone.button("Leave").click()
    await expect(phone.page.get_by_text("You are still inside in another tab")).to_be_visible()
    await laptop.button("Leave").click()
    await expect(phone.page.get_by_text("You are still inside in another tab")).to_have_count(0)
