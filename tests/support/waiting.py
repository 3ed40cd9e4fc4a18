"""Waiting for what nobody tells us about."""

import asyncio
from collections.abc import Callable


async def until(is_true: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Wait until something is so. Raises `TimeoutError`."""
    async with asyncio.timeout(timeout_s):
        while not is_true():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
