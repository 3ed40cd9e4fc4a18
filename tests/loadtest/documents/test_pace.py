import asyncio

from loadtest.bots.delay import Samples
from loadtest.documents.pace import Pace


async def test_it_is_done_at_its_pace_and_not_any_more_once_stopped() -> None:
    loop = asyncio.get_running_loop()
    at: list[float] = []
    enough = asyncio.Event()

    def act() -> None:
        at.append(loop.time())
        if len(at) == 5:
            pace.stop()
            loop.call_later(0.05, enough.set)

    lateness = Samples()
    pace = Pace(100, act, lateness)
    began_at = loop.time()
    pace.start(0.5)
    async with asyncio.timeout(10):
        await enough.wait()
    # A busy machine makes it late, and what follows comes when it is due: never before.
    assert all(moment - began_at >= 0.0049 + number / 100 for number, moment in enumerate(at))
    assert len(at) == len(lateness) == 5
