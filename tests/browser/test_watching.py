"""Somebody whose role lets them only watch: at the door, inside, and after a reload."""

import pytest
from playwright.async_api import expect

from protocol.roles import RoomRole
from server.store.database import Database
from server.store.rooms import RoomRepository
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OLGA = "olga@demo.example"
ROOM = "morning-round-up"
COUNT_CAPTURES = """
window.captures = 0;
const ask = MediaDevices.prototype.getUserMedia;
MediaDevices.prototype.getUserMedia = function (...wanted) {
  window.captures++;
  return ask.apply(this, wanted);
};
"""


async def give_role(server: RunningServer, email: str, role: RoomRole) -> None:
    """Say what somebody is in the room, as an operator does from another process."""
    person = await server.add_person(email, "Olga Server")
    database = await Database.open(server.config.data_dir)
    try:
        rooms = RoomRepository(database)
        room = await rooms.find_room(ROOM)
        assert room is not None
        await rooms.set_room_role(room.room_id, person.person_id, role, actor="operator", at=1)
    finally:
        await database.close()


async def captures(visitor: Visitor) -> int:
    """Count how often the page has asked for a device since it was loaded."""
    return int(await visitor.page.evaluate("() => window.captures"))


async def test_an_observer_is_asked_for_no_device_and_never_heard(visit: Visit, server: RunningServer) -> None:
    await give_role(server, OLGA, RoomRole.OBSERVER)
    maya = await visit(MAYA)
    await maya.join()
    olga = await visit(OLGA, init_script=COUNT_CAPTURES)
    await expect(olga.page.get_by_text("You can only watch and listen here.")).to_be_visible()
    for name in ("How to join", "Your camera picture", "Microphone", "Camera"):
        await expect(olga.page.get_by_label(name, exact=True)).to_have_count(0)
    assert await olga.accessibility_violations() == []

    await olga.join()
    await olga.sees(await server.name_of(MAYA))
    await olga.hears_somebody()
    await expect(olga.own_tile).to_contain_text("Olga Server")
    await expect(olga.own_tile.locator("video")).to_have_count(0)
    for key in ("m", "v", "d"):
        await olga.page.keyboard.press(key)
    await olga.button("Devices and settings").click()
    await expect(olga.page.get_by_label("Speaker", exact=True)).to_be_visible()
    await expect(olga.page.get_by_label("Microphone", exact=True)).to_have_count(0)
    await olga.page.keyboard.press("Escape")
    await expect(olga.page.get_by_text("Microphone on")).to_have_count(0)
    await expect(maya.tile("Olga Server").get_by_role("img", name="Muted")).to_be_visible()
    assert await olga.accessibility_violations() == []
    assert await captures(olga) == 0

    await olga.page.reload()
    await expect(olga.button("Leave")).to_be_visible()
    assert await captures(olga) == 0


async def test_a_role_that_changes_at_the_door_gives_the_devices_back(visit: Visit, server: RunningServer) -> None:
    await give_role(server, OLGA, RoomRole.PARTICIPANT)
    olga = await visit(OLGA, viewport={"width": 360, "height": 740})
    await expect(olga.page.locator("video")).to_have_count(1)
    await give_role(server, OLGA, RoomRole.AUDIENCE)
    await expect(olga.page.get_by_text("You can watch, listen and write in the chat here.")).to_be_visible()
    await expect(olga.page.locator("video")).to_have_count(0)
    assert await olga.violations_in_any_scheme() == []
    await give_role(server, OLGA, RoomRole.PARTICIPANT)
    await expect(olga.page.get_by_role("radio", name="Listen only")).to_be_checked()


async def test_who_loses_the_right_to_send_is_cut_off_at_the_next_entry(visit: Visit, server: RunningServer) -> None:
    await give_role(server, OLGA, RoomRole.PARTICIPANT)
    olga = await visit(OLGA)
    await olga.join()
    await expect(olga.own_tile.locator("video")).to_have_count(1)
    await give_role(server, OLGA, RoomRole.OBSERVER)
    await olga.page.reload()
    await expect(olga.button("Leave")).to_be_visible()
    await expect(olga.button("Mute microphone")).to_have_count(0)
    await expect(olga.own_tile.locator("video")).to_have_count(0)
