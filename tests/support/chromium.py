"""A real Chromium for tests: the system's, else Playwright's own."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT_FEATURES = (
    # Two pages for suggestions below an address bar that nobody sees: half a second's work for every window.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # Playwright's own, as of two lists a browser takes the last.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT_FEATURES)}",
    "--autoplay-policy=no-user-gesture-required",
)
CAMERA_FRAMES_PER_S = 10
"""Enough to see that a picture moves. Twice as many take a fourth of a core more for two people."""


def find_chromium() -> str | None:
    """Return the system's Chromium, `None` to use Playwright's own."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def chromium(*flags: str, camera_frames_per_s: int = CAMERA_FRAMES_PER_S) -> AsyncIterator[Browser]:
    """Run one browser, with further `flags`; contexts in it are as separate as two people's computers.

    Devices are fake (a moving picture and a beep); the permission to use them is real, and granted per context.
    """
    devices = f"--use-fake-device-for-media-stream=fps={camera_frames_per_s}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, devices, *flags])
        try:
            yield browser
        finally:
            await browser.close()
