"""The process that pictures are decoded in: what it survives, what ends it, and that nothing of it is left."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from server.documents.pictures.decoder.messages import ANSWER, MAX_ANSWER_BYTES, Answer
from server.documents.pictures.decoder_process import Decoder, DecoderError, DecoderLimits, DecoderProcess
from server.errors import UserError
from tests.support.pictures import jpeg_of_scans, opened, picture, png_of
from tests.support.waiting import until

ROOT = Path(__file__).parents[4]


@asynccontextmanager
async def decoder(limits: DecoderLimits | None = None) -> AsyncIterator[Decoder]:
    made = Decoder(limits)
    try:
        yield made
    finally:
        await made.close()


async def pid_of(made: Decoder) -> int:
    """Have an ordinary picture made, and return which process did it."""
    content_type, data = await made.make(picture("JPEG"))
    assert (content_type, opened(data).size) == ("image/jpeg", (8, 6))
    assert made.process is not None
    return made.process.pid


async def refusal(made: Decoder, data: bytes) -> ErrorCode:
    with pytest.raises(UserError) as caught:
        await made.make(data)
    return caught.value.code


async def test_one_process_makes_one_picture_after_the_other() -> None:
    async with decoder() as made:
        assert made.process is None, "it is started for the first picture"
        pid = await pid_of(made)
        assert await made.make(picture("GIF"))
        assert await refusal(made, b"no picture") is ErrorCode.BAD_REQUEST
        assert await refusal(made, png_of(width=8_000, height=5_001)) is ErrorCode.TOO_LARGE
        assert await pid_of(made) == pid
    assert not psutil.pid_exists(pid)


async def test_a_picture_that_takes_too_much_of_a_processor_is_given_up_and_the_next_one_is_made() -> None:
    async with decoder(DecoderLimits(cpu_s=0)) as made:
        pid = await pid_of(made)
        process = made.process
        assert process is not None
        assert await refusal(made, jpeg_of_scans(90, (6_000, 6_000))) is ErrorCode.BAD_REQUEST
        assert process.exit_code == -signal.SIGXCPU
        assert await pid_of(made) != pid


async def test_each_picture_has_that_time_for_itself() -> None:
    async with decoder(DecoderLimits(cpu_s=1)) as made:
        pid = await pid_of(made)
        large = picture("PNG", size=(1_000, 1_000))
        while sum(psutil.Process(pid).cpu_times()[:2]) < 2.5:
            await made.make(large)
        assert await pid_of(made) == pid


async def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    async with decoder(DecoderLimits(memory_bytes=200 * 2**20)) as made:
        pid = await pid_of(made)
        assert await refusal(made, png_of(width=8_000, height=5_000)) is ErrorCode.BAD_REQUEST
        assert await pid_of(made) == pid


async def test_the_largest_picture_of_the_greediest_format_is_made_within_the_limits() -> None:
    async with decoder() as made:
        pid = await pid_of(made)
        _, data = await made.make(picture("WEBP", size=(8_000, 5_000), method=0))
        assert opened(data).size == (2_400, 1_500)
        assert await pid_of(made) == pid


async def test_a_process_that_hangs_is_killed_and_the_next_picture_is_made() -> None:
    async with decoder(DecoderLimits(answer_s=5)) as made:
        pid = await pid_of(made)
        os.kill(pid, signal.SIGSTOP)
        assert await refusal(made, picture()) is ErrorCode.BAD_REQUEST
        assert not psutil.pid_exists(pid)
        await pid_of(made)


async def test_a_process_that_ended_meanwhile_is_replaced() -> None:
    async with decoder() as made:
        pid = await pid_of(made)
        os.kill(pid, signal.SIGKILL)
        assert made.process is not None
        process = made.process
        await until(lambda: not process.is_usable)
        assert await pid_of(made) != pid


async def test_it_ends_when_no_picture_comes_any_more_and_starts_again() -> None:
    async with decoder(DecoderLimits(idle_s=0.05)) as made:
        pid = await pid_of(made)
        await until(lambda: not psutil.pid_exists(pid))
        assert await pid_of(made) != pid


async def test_whoever_gives_a_picture_up_ends_what_is_at_it() -> None:
    async with decoder() as made:
        pid = await pid_of(made)
        os.kill(pid, signal.SIGSTOP)
        asking = asyncio.create_task(made.make(picture()))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert not psutil.pid_exists(pid)
        await pid_of(made)


async def test_closing_waits_for_no_picture() -> None:
    made = Decoder()
    pid = await pid_of(made)
    os.kill(pid, signal.SIGSTOP)
    asking = asyncio.create_task(made.make(picture()))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await made.close()
        with pytest.raises(UserError, match="restarted"):
            await asking
    assert not psutil.pid_exists(pid)
    assert await refusal(made, picture()) is ErrorCode.SERVER_STOPPING
    await made.close()


async def test_closing_while_it_starts_leaves_nothing() -> None:
    made = Decoder()
    before = set(psutil.Process().children())
    asking = asyncio.create_task(made.make(picture()))
    await until(lambda: bool(set(psutil.Process().children()) - before))
    await made.close()
    with pytest.raises(UserError, match="restarted"):
        await asking
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false"])
async def test_when_it_cannot_be_started_the_picture_is_not_to_blame(
    executable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    async with decoder() as made:
        assert await refusal(made, picture()) is ErrorCode.UNAVAILABLE
        monkeypatch.undo()
        await pid_of(made)


async def test_one_that_takes_too_long_to_start_is_ended() -> None:
    before = set(psutil.Process().children())
    async with decoder(DecoderLimits(start_s=0)) as made:
        assert await refusal(made, picture()) is ErrorCode.UNAVAILABLE
        assert set(psutil.Process().children()) <= before


async def test_it_knows_and_may_do_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_DATABASE_URL", "postgresql://roundup:secret@localhost/roundup")
    async with decoder() as made:
        process = psutil.Process(await pid_of(made))
        assert "ROUNDUP_DATABASE_URL" not in process.environ()
        assert process.nice() == min(19, psutil.Process().nice() + 5)
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
        assert process.rlimit(psutil.RLIMIT_AS)[1] == DecoderLimits().memory_bytes
        loaded = {Path(mapped.path).name for mapped in process.memory_maps() if ".so" in mapped.path}
        assert not [name for name in loaded if name.startswith(("_pycrdt", "_sqlite3", "_ssl"))]


async def test_signals_that_end_the_server_reach_it_and_do_nothing() -> None:
    async with decoder() as made:
        pid = await pid_of(made)
        for asked in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, asked)
        assert await pid_of(made) == pid


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (ANSWER.pack(Answer.JPEG, MAX_ANSWER_BYTES + 1), f"answered with {MAX_ANSWER_BYTES + 1} bytes"),
        (ANSWER.pack(99, 0), "not understood"),
        (ANSWER.pack(Answer.PNG, 10) + b"short", "ended"),
        (b"", "ended"),
    ],
)
async def test_what_it_says_is_not_believed(said: bytes, reason: str) -> None:
    ours, theirs = socket.socketpair()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    asked = DecoderProcess(process, *await asyncio.open_unix_connection(sock=ours))
    with theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(DecoderError, match=reason):
            await asked.ask(b"a picture", timeout_s=30)
    await asked.end()


KILLED = """
import asyncio, os, signal, sys
from server.documents.pictures.decoder_process import Decoder
from tests.support.pictures import picture

async def main():
    decoder = Decoder()
    await decoder.make(picture())
    if sys.argv[1] == "busy":
        os.kill(decoder.process.pid, signal.SIGSTOP)
    print(decoder.process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("at", ["idle", "busy"])
async def test_it_does_not_outlive_a_server_that_was_killed(at: str) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, at, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    async with asyncio.timeout(60):
        pid = int(await server.stdout.readline())
    child = psutil.Process(pid)
    server.kill()
    await server.wait()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
