"""Hooks run one after the other, and one that fails hurts nobody."""

import asyncio
from functools import partial

import pytest
from structlog.testing import capture_logs

from server.room import hooks
from server.room.feature import Feature
from server.room.hooks import HookRunner


class Noting(Feature):
    """Notes which hooks began and ended."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self.notes = notes
        self.gate: asyncio.Event | None = None

    async def run(self, word: str) -> None:
        self.notes.append(f"{self.name} begins {word}")
        if self.gate is not None:
            await self.gate.wait()
        if word == "bad":
            raise RuntimeError("a feature's fault")
        self.notes.append(f"{self.name} ends {word}")


async def run(word: str, feature: Feature) -> None:
    assert isinstance(feature, Noting)
    await feature.run(word)


async def test_hooks_run_in_order_and_never_at_the_same_time() -> None:
    notes: list[str] = []
    first, second = Noting("A", notes), Noting("B", notes)
    first.gate = asyncio.Event()
    runner = HookRunner([first, second], "room_1")
    done = [runner.submit(word, partial(run, word)) for word in ("x", "y")]
    await asyncio.wait(done, timeout=0)
    assert notes == ["A begins x"]
    first.gate.set()
    await asyncio.gather(*done)
    assert notes == [f"{name} {what} {word}" for word in "xy" for name in "AB" for what in ("begins", "ends")]


async def test_a_failing_hook_is_logged_and_the_others_run() -> None:
    notes: list[str] = []
    runner = HookRunner([Noting("A", notes), Noting("B", notes)], "room_1")
    with capture_logs() as logs:
        await runner.submit("bad", partial(run, "bad"))
        await runner.submit("good", partial(run, "good"))
    assert [note for note in notes if "ends" in note] == ["A ends good", "B ends good"]
    assert [(log["event"], log["hook"], log["room_id"]) for log in logs] == [("hook_failed", "bad", "room_1")] * 2


async def test_a_hook_that_hangs_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "HOOK_TIMEOUT_S", 0.01)
    notes: list[str] = []
    hanging = Noting("A", notes)
    hanging.gate = asyncio.Event()
    runner = HookRunner([hanging, Noting("B", notes)], "room_1")
    with capture_logs() as logs:
        await runner.submit("x", partial(run, "x"))
    assert notes == ["A begins x", "B begins x", "B ends x"]
    assert len(logs) == 1


async def test_a_hook_runs_though_nobody_waits_for_it_any_more() -> None:
    notes: list[str] = []
    slow = Noting("A", notes)
    slow.gate = asyncio.Event()
    runner = HookRunner([slow], "room_1")
    waiting = asyncio.ensure_future(runner.submit("x", partial(run, "x")))
    await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    slow.gate.set()
    await runner.join()
    assert notes == ["A begins x", "A ends x"]
    await runner.join()
