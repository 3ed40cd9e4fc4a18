"""A room with more microphones than audio slots, as a browser hears it."""

from typing import Any, cast

import pytest
from playwright.async_api import Page, expect

from loadtest.bots.bot import Bot
from loadtest.bots.publisher import SILENCE, SPEECH
from loadtest.bots.swarm import Swarm
from protocol.room import Source
from tests.browser.conftest import Visit
from tests.browser.statistics import KEEP_CONNECTIONS
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
ROOM = "morning-round-up"

TONE = """
const devices = navigator.mediaDevices;
const getUserMedia = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (constraints) => {
  const stream = await getUserMedia(constraints);
  for (const track of stream.getAudioTracks()) {
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, {frequency: 300});
    window.voice = new GainNode(context, {gain: 0});
    const out = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(window.voice).connect(out);
    oscillator.start();
    stream.removeTrack(track);
    track.stop();
    stream.addTrack(out.stream.getAudioTracks()[0]);
  }
  return stream;
};
"""
"""A microphone that hears what `window.voice.gain` lets through of a tone: nothing at first."""
AUDIO_SSRCS = """
async () => {
  const ssrcs = [];
  for (const connection of window.connections) {
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === 'inbound-rtp' && stat.kind === 'audio') ssrcs.push(stat.ssrc);
    }
  }
  return ssrcs.sort();
}
"""


async def set_voice(page: Page, gain: float) -> None:
    await page.evaluate("gain => { window.voice.gain.value = gain; }", gain)


async def silent_bot(server: RunningServer, swarm: Swarm, name: str) -> Bot:
    """Let a bot enter with an open microphone that hears nothing."""
    email = f"{name.lower().replace(' ', '.')}@bots.example"
    await server.add_person(email, name)
    bot = swarm.create_bot()
    await bot.open_link(await server.link(email))
    await bot.join(ROOM)
    await bot.publish(Source.MICROPHONE)
    bot.sent_streams[Source.MICROPHONE].audio_level = SILENCE
    return bot


async def ssrcs(visitor: Visitor) -> list[Any]:
    return cast(list[Any], await visitor.page.evaluate(AUDIO_SSRCS))


async def test_whoever_talks_is_heard_in_a_full_room(visit: Visit, server: RunningServer) -> None:
    async with Swarm(server.url) as swarm:
        names = ["Bot Ada", "Bot Bea", "Bot Cleo", "Bot Dina", "Bot Eve"]
        bots = [await silent_bot(server, swarm, name) for name in names]
        maya = await visit(MAYA, init_script=KEEP_CONNECTIONS + TONE)
        omar = await visit(OMAR, init_script=KEEP_CONNECTIONS + TONE)
        await maya.join()
        await omar.join()
        await expect(maya.tile(names[-1])).to_be_visible()
        await expect(omar.tile(names[-1])).to_be_visible()
        await maya.hears_nobody()
        before = await ssrcs(maya)
        assert len(before) == 4

        name = await server.name_of(OMAR)
        await set_voice(omar.page, 0.3)
        await expect(maya.tile(name)).to_have_attribute("data-speaking", "true")
        await maya.hears_somebody()
        await omar.hears_nobody()

        last = bots[-1].sent_streams[Source.MICROPHONE]
        await set_voice(omar.page, 0)
        last.audio_level = SPEECH
        for page in (maya, omar):
            await expect(page.tile(names[-1])).to_have_attribute("data-speaking", "true")
        await expect(maya.tile(name)).not_to_have_attribute("data-speaking", "true")
        last.audio_level = SILENCE
        for page in (maya, omar):
            await expect(page.page.locator("[data-speaking]")).to_have_count(0)
        await maya.hears_nobody()

        await set_voice(maya.page, 0.3)
        await omar.hears_somebody()
        assert await ssrcs(maya) == before, "whoever talks, the streams stay the same"
        for bot in bots:
            await bot.leave()  # or they would be inside for a while yet
