"""What a person does and sees in the browser, in the words of the page."""

import asyncio
import re
from pathlib import Path
from typing import Any, Literal, cast

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

AXE = Path(__file__).parent.parent.parent / "client_web" / "node_modules" / "axe-core" / "axe.min.js"

DECODED_FRAMES = "video => video.getVideoPlaybackQuality().totalVideoFrames"
PICTURE_MOVES = """
({name, frames}) => [...document.querySelectorAll('[data-participant-id]:not([data-self]):not([data-screen])')]
  .filter(tile => tile.textContent.includes(name))
  .some(tile => (tile.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) >= frames)
"""
AUDIO_LEVEL = """
async ({enough, spellMs}) => {
  const streams = [...document.querySelectorAll('audio, video')]
    .filter(element => !element.muted && element.srcObject?.getAudioTracks().length)
    .map(element => element.srcObject);
  if (streams.length === 0) return 0;
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  for (const stream of streams) context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let peak = 0;
  const end = performance.now() + spellMs;
  while (peak < enough && performance.now() < end) {
    await new Promise(requestAnimationFrame);
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  await context.close();
  return peak;
}
"""
"""Highest sample in everything that the page plays aloud, 0 to 1; one that is `enough` ends the spell of listening."""
SPELL_MS = 1_500
"""The fake microphone beeps twice a second."""
STANDS_STILL = """
async () => {
  const passing = document.getAnimations().filter(({effect}) => effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(passing.map(({finished}) => finished));
}
"""
"""Colours may change by and by."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SILENCE = 0.001
SOUND = 0.01


class Visitor:
    """One person's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)

    def _on_console(self, message: ConsoleMessage) -> None:
        is_network = "Failed to load resource" in message.text or "WebSocket connection" in message.text
        if message.type == "error" and not is_network:
            self.complaints.append(message.text)

    @property
    def context(self) -> BrowserContext:
        """The browser profile the page lives in."""
        return self.page.context

    async def another_tab(self, url: str) -> "Visitor":
        """Open a further tab in the same browser."""
        tab = Visitor(await self.context.new_page())
        await tab.page.goto(url)
        return tab

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Find a button by its accessible name."""
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    @property
    def message_input(self) -> Locator:
        """The chat's input."""
        return self.page.get_by_role("textbox", name="Message", exact=True)

    async def open(self, url: str) -> None:
        """Open a link and wait for the pre-join page."""
        await self.page.goto(url)
        await expect(self.button("Join")).to_be_enabled()

    async def go_home(self, url: str) -> None:
        """Open a link and wait for the home page."""
        await self.page.goto(url)
        await expect(self.page.get_by_role("heading", name=re.compile("^Hello"))).to_be_visible()

    async def join(self) -> None:
        """Click Join and wait for the room."""
        await self.button("Join").click()
        await expect(self.button("Leave")).to_be_visible()

    async def leave(self) -> None:
        """Click Leave and wait until it is done."""
        await self.button("Leave").click()
        await expect(self.page.get_by_text("You left")).to_be_visible()

    def tile(self, name: str) -> Locator:
        """Find somebody else's tile."""
        return self.page.locator("[data-participant-id]:not([data-self]):not([data-screen])").filter(has_text=name)

    def screen(self, name: str) -> Locator:
        """Find the tile of the screen that somebody else shares."""
        return self.page.locator("[data-screen]").filter(has_text=name)

    @property
    def own_tile(self) -> Locator:
        """One's own tile."""
        return self.page.locator("[data-participant-id][data-self]")

    async def decoded_frames(self, name: str) -> int:
        """Count the frames of somebody's camera that this page has decoded; 0 while there is no picture."""
        video = self.tile(name).locator("video")
        return cast(int, await video.first.evaluate(DECODED_FRAMES)) if await video.count() else 0

    async def audio_level(self, *, enough: float) -> float:
        """Listen to everybody else, for 1.5 s or until a sample is `enough`; return the loudest, 0 to 1."""
        return cast(float, await self.page.evaluate(AUDIO_LEVEL, {"enough": enough, "spellMs": SPELL_MS}))

    async def sees(self, name: str, *, deadline_s: float = 30) -> None:
        """Wait until somebody's picture moves: at least 5 further decoded frames."""
        wanted = {"name": name, "frames": await self.decoded_frames(name) + 5}
        await self.page.wait_for_function(PICTURE_MOVES, arg=wanted, timeout=deadline_s * 1000, polling=100)

    async def hears_somebody(self) -> None:
        """Wait until there is sound."""
        async with asyncio.timeout(60):
            while await self.audio_level(enough=SOUND) < SOUND:
                pass

    async def hears_nobody(self) -> None:
        """Wait until a whole spell of listening brings nothing; what was on its way is still played."""
        async with asyncio.timeout(30):
            while await self.audio_level(enough=SILENCE) >= SILENCE:
                pass

    async def open_chat(self) -> None:
        """Show the chat panel if it is not shown."""
        if not await self.message_input.is_visible():
            await self.button(re.compile(r"^Chat")).click()
        await expect(self.message_input).to_be_visible()

    async def write(self, text: str) -> None:
        """Send a chat message."""
        await self.open_chat()
        await self.message_input.fill(text)
        await self.button("Send").click()

    async def reads(self, text: str) -> None:
        """Wait until a message stands in the chat."""
        await self.open_chat()
        await expect(self.page.get_by_role("log").get_by_text(text, exact=True)).to_be_visible()

    async def accessibility_violations(self) -> list[str]:
        """Run axe over the page; return one line for each violation."""
        if await self.page.evaluate("() => window.axe === undefined"):  # reading it takes longer than its work
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        result: dict[str, Any] = await self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    async def violations_in_any_scheme(self) -> list[str]:
        """Run axe over the page in light and in dark; return one line for each violation."""
        found = []
        for scheme in SCHEMES:
            await self.page.emulate_media(color_scheme=scheme)
            await expect(self.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            await self.page.evaluate(STANDS_STILL)
            found += [f"{scheme}: {violation}" for violation in await self.accessibility_violations()]
        return found
