"""The process that pictures are decoded in, as the server sees it: started when it is needed, ended when it is not.

A picture that is made to be hard to read costs that process its life, and nobody else anything.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from protocol.errors import ErrorCode
from server.documents.pictures.decoder.messages import ANSWER, ASK, MAX_ANSWER_BYTES, Answer
from server.errors import UserError

_PROJECT = Path(__file__).parents[3]
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH",)
"""Of ours; among the rest may be the database's password."""

_log = structlog.get_logger(__name__)


class DecoderError(Exception):
    """The process cannot be asked, or has not answered; it is of no more use."""


@dataclass(frozen=True, slots=True)
class DecoderLimits:
    """What reading pictures may cost. An ordinary photo takes a third of a second and a hundred megabytes."""

    memory_bytes: int = 2**30
    """Of all of the process. A WebP picture of 40 million pixels takes two thirds of that."""
    cpu_s: int = 8
    """Of a processor, for one picture."""
    answer_s: float = 30.0
    """For one picture, however little of a processor the process gets."""
    start_s: float = 20.0
    idle_s: float = 60.0
    """After the last picture; then the process is ended."""


class DecoderProcess:
    """One process, from its start to its end. It can be asked one picture at a time."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, limits: DecoderLimits) -> Self:
        """Start a process that can be asked. Raises `DecoderError`."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await _spawn(theirs, limits)
        except BaseException:
            ours.close()
            raise
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        started = cls(process, reader, writer)
        try:
            async with asyncio.timeout(limits.start_s):
                answer, _ = await started._answer()
            if answer is not Answer.READY:
                raise DecoderError("it began with an answer")
        except BaseException as error:
            await started.end()
            if isinstance(error, TimeoutError):
                raise DecoderError("it took too long to start") from None
            raise
        return started

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How the process ended: negative for a signal, `None` while it has not."""
        return self._process.returncode

    @property
    def is_usable(self) -> bool:
        """Tell whether it can be asked, as far as is known."""
        return self.exit_code is None and not self._writer.is_closing() and not self._reader.at_eof()

    async def ask(self, data: bytes, timeout_s: float) -> tuple[Answer, bytes]:
        """Have a picture made anew. Raises `DecoderError` when the process has not survived it, or would not end."""
        try:
            async with asyncio.timeout(timeout_s):
                self._writer.write(ASK.pack(len(data)))
                self._writer.write(data)
                await self._writer.drain()
                return await self._answer()
        except TimeoutError:
            raise DecoderError("it took too long") from None
        except ConnectionError:
            raise DecoderError("it ended") from None

    def kill(self) -> None:
        """End the process, whatever it is at. Idempotent."""
        self._writer.transport.abort()
        # `Process.kill` looks first whether the process has ended, and then nobody else learns how.
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> None:
        """End the process, and wait until it has. Idempotent."""
        self.kill()
        await self._process.wait()

    async def _answer(self) -> tuple[Answer, bytes]:
        try:
            kind, size = ANSWER.unpack(await self._reader.readexactly(ANSWER.size))
            if size > MAX_ANSWER_BYTES:
                raise DecoderError(f"it answered with {size} bytes")
            return Answer(kind), await self._reader.readexactly(size)
        except asyncio.IncompleteReadError:
            raise DecoderError("it ended") from None
        except ValueError:
            raise DecoderError("its answer was not understood") from None


class Decoder:
    """Makes pictures anew, one at a time, in a process that is there while there are some."""

    def __init__(self, limits: DecoderLimits | None = None) -> None:
        self._limits = limits or DecoderLimits()
        self._process: DecoderProcess | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def process(self) -> DecoderProcess | None:
        """The process, when there is one: perhaps it has just ended."""
        return self._process

    async def make(self, data: bytes) -> tuple[str, bytes]:
        """Return the media type of what `data` shows, and a picture of that type. Raises `UserError`.

        Wait for the answer before the next call.
        """
        self._stay()
        try:
            process = await self._usable()
            answer, made = await process.ask(data, self._limits.answer_s)
        except DecoderError as error:
            await self._end()
            raise self._why(error) from None
        except BaseException:
            await self._end()  # nobody waits for what it is at
            raise
        self._idle = asyncio.get_running_loop().call_later(self._limits.idle_s, process.kill)
        match answer:
            case Answer.JPEG:
                return "image/jpeg", made
            case Answer.PNG:
                return "image/png", made
            case Answer.TOO_MANY_PIXELS:
                raise UserError(ErrorCode.TOO_LARGE, "This picture has too many pixels.")
            case Answer.TOO_MUCH_WORK:
                raise _too_hard()
            case _:
                raise UserError(ErrorCode.BAD_REQUEST, "This is no picture that can be shown here.")

    async def close(self) -> None:
        """End the process, whatever it is at. Idempotent."""
        self._is_closed = True
        self._stay()
        await self._end()

    async def _usable(self) -> DecoderProcess:
        """Return the process, a new one when there is none that can be asked."""
        if self._process is not None and not self._process.is_usable:
            await self._end()
        if self._is_closed:
            raise _stopping()
        if self._process is None:
            try:
                process = await DecoderProcess.start(self._limits)
            except (OSError, DecoderError) as error:
                _log.error("picture_decoder_not_started", reason=str(error))
                raise UserError(ErrorCode.UNAVAILABLE, "Pictures cannot be read just now; try again later.") from None
            self._process = process
            if self._is_closed:  # meanwhile
                raise _stopping()
        return self._process

    def _why(self, error: DecoderError) -> UserError:
        if self._is_closed:
            return _stopping()
        _log.warning("picture_given_up", reason=str(error))
        return _too_hard()

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.end()


async def _spawn(link: socket.socket, limits: DecoderLimits) -> asyncio.subprocess.Process:
    search_path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server.documents.pictures.decoder", "--fd", str(link.fileno())),
        *("--memory-bytes", str(limits.memory_bytes), "--cpu-s", str(limits.cpu_s)),
        pass_fds=(link.fileno(),),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env={**kept, "PYTHONPATH": search_path},
    )


def _too_hard() -> UserError:
    return UserError(
        ErrorCode.BAD_REQUEST, "This picture takes too long to read. A screenshot of it, or a smaller one, will do."
    )


def _stopping() -> UserError:
    return UserError(ErrorCode.SERVER_STOPPING, "The server is being restarted. Try again in a moment.")
