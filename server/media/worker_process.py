"""One media worker process, from its start to its end, as the control side sees it."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import msgspec
import structlog

from protocol.errors import ErrorCode
from protocol.room import Quality
from protocol.rtp import DtlsFingerprint
from server.errors import StartupError, UserError
from server.media import messages as m
from server.media.rpc import Peer, PeerGoneError, TooManyCallsError

CALL_TIMEOUT_S = 5.0
START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 3.0
_BUSY_REPORTS = 5
"""So many reports, seconds, make it busy: one alone may be somebody's start."""
_PROJECT = Path(__file__).parents[2]

_log = structlog.get_logger(__name__)


class RouterOwner(Protocol):
    """Whose transports a router holds: the media of one meeting."""

    def on_transport_connected(self, transport_id: str) -> None:
        """Take note that streams can come and go on a transport from now on."""
        ...

    def on_transport_closed(self, transport_id: str, reason: m.CloseReason) -> None:
        """Take note that the worker closed a transport by itself."""
        ...

    def on_layers_wanted(self, producer_id: str, layers: int) -> None:
        """Take note that so many of a producer's layers are worth sending."""
        ...

    def on_speakers_changed(self, worker: "WorkerProcess", speakers: m.SpeakersChanged) -> None:
        """Take note of who is heard now by those on a worker."""
        ...

    def on_transport_quality(self, transport_id: str, quality: Quality) -> None:
        """Take note of how good a transport's line is now."""
        ...

    def on_consumer_dark(self, transport_id: str, consumer_id: str, *, is_dark: bool) -> None:
        """Take note that a subscriber's line is too slow for a picture, or is so no longer."""
        ...

    def on_worker_lost(self) -> None:
        """Take note that everything is gone."""
        ...

    def on_worker_available(self) -> None:
        """Take note that there is a worker again, for those who have none."""
        ...


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How a worker logs: as the gateway does."""

    level: str = "info"
    is_json: bool = False


async def _spawn(
    control: socket.socket, piping: socket.socket, port: int, logs: LogOptions
) -> asyncio.subprocess.Process:
    search_path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "server.media.worker", "--fd", str(control.fileno())]
    command += ["--pipe-fd", str(piping.fileno()), "--port", str(port)]
    command += ["--log-level", logs.level]
    if logs.is_json:
        command.append("--log-json")
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            pass_fds=(control.fileno(), piping.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search_path},
        )
    except OSError as error:
        raise StartupError(f"A media worker cannot be started: {error.strerror}.") from None


def tell(call: Callable[[], None]) -> None:
    """Tell one meeting something; what goes wrong there must not reach the others."""
    try:
        call()
    except Exception:  # noqa: BLE001 - whatever it is
        _log.exception("media_owner_failed")


class WorkerProcess:
    """Made by `start`. `routers` is who is told what happens; they keep `transport_count`, for placement."""

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.routers: dict[str, RouterOwner] = {}
        self.transport_count = 0
        self.report = m.Report()
        self.reports = 0
        """How many reports have come."""
        self._reported_at = 0.0
        self.heard_at = asyncio.get_running_loop().time()
        """When it last told anything."""
        self.busy = 0.0
        """The share of a core that it has used lately."""
        self.pipe_address = ""
        """Where other workers send what they pass on."""
        self.port = 0
        self.has_ipv6 = False
        self.fingerprint = DtlsFingerprint(algorithm="sha-256", value="")
        self._peer = Peer(sock, on_event=self._on_event)
        self._serving: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._started: asyncio.Future[m.Started | m.StartFailed] = asyncio.get_running_loop().create_future()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode_answer = msgspec.msgpack.Decoder(m.Answer).decode
        self._decode_event = msgspec.msgpack.Decoder(m.AnyEvent).decode

    @classmethod
    async def start(cls, number: int, port: int, logs: LogOptions, timeout_s: float = START_TIMEOUT_S) -> Self:
        """Start a worker on a port, UDP and TCP (0 takes a free one).

        Raises `StartupError` when it cannot serve, or does not within `timeout_s`.
        """
        ours, theirs = socket.socketpair()
        worker = cls(number, ours)
        try:
            with theirs, worker._open_pipe() as piping:
                worker._process = await _spawn(theirs, piping, port, logs)
            worker._serving = asyncio.create_task(worker._serve(), name=f"media worker {number}")
            await worker._wait_started(port, timeout_s)
        except BaseException:
            await worker.stop()
            raise
        return worker

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid if self._process is not None else 0

    @property
    def exit_code(self) -> int | None:
        """How the process ended: negative for a signal, `None` while it has not."""
        return self._process.returncode if self._process is not None else None

    async def call(self, command: m.AnyCommand) -> m.Answer:
        """Have the worker do something.

        Raises `RpcError` for what cannot be done, `NotFoundError` for what is not there, and `UserError` without a
        worker or while it is asked too much.
        """
        try:
            answer: m.Answer = self._decode_answer(await self._peer.call(self._encode(command), CALL_TIMEOUT_S))
        except TooManyCallsError:
            raise UserError(ErrorCode.TOO_MANY, "The media server is busy; try again.") from None
        except PeerGoneError:
            raise unavailable() from None
        return answer

    def post(self, command: m.AnyCommand) -> None:
        """Have the worker do something that cannot fail, in order with the calls, without waiting for it."""
        with contextlib.suppress(PeerGoneError):  # then there is nothing left to be done either
            self._peer.post(self._encode(command))

    async def wait_ended(self, timeout_s: float | None = None) -> bool:
        """Wait until the worker is gone; false when it still serves after `timeout_s`."""
        assert self._serving is not None  # noqa: S101 - it was started
        done, _ = await asyncio.wait([self._serving], timeout=timeout_s)
        return bool(done)

    async def stop(self, *, is_hung: bool = False) -> None:
        """End the process: it ends by itself when the socket closes, unless it hangs. Idempotent."""
        self._peer.close()
        try:
            if self._process is not None:
                await self._end(self._process, 0 if is_hung else _STOP_TIMEOUT_S)
            if self._serving is not None:
                await asyncio.wait([self._serving])
        finally:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    @staticmethod
    async def _end(process: asyncio.subprocess.Process, timeout_s: float) -> None:
        """Wait for the process's end, and kill it when that takes too long, or when nobody waits for it any more."""
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            if process.returncode is None:
                # `Process.kill` looks first whether the process has ended, and then nobody else learns how.
                with contextlib.suppress(ProcessLookupError):  # it ended just now
                    os.kill(process.pid, signal.SIGKILL)
        await process.wait()

    def _open_pipe(self) -> socket.socket:
        """Bind the socket for other workers, in a folder that only this user may enter. Raises `StartupError`."""
        piping = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="roundup-worker-", ignore_cleanup_errors=True)
            self.pipe_address = str(Path(self._folder.name) / "pipe")
            piping.bind(self.pipe_address)
        except OSError as error:
            piping.close()
            raise StartupError(f"A media worker's socket cannot be made in {tempfile.gettempdir()}: {error}.") from None
        return piping

    async def _serve(self) -> None:
        await self._peer.run()
        if not self._started.done():
            self._started.set_result(m.StartFailed(text="A media worker ended while it was starting; see above."))

    async def _wait_started(self, port: int, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                started = await asyncio.shield(self._started)
        except TimeoutError:
            raise StartupError(f"The media worker for port {port} did not start within {timeout_s:g} s.") from None
        if isinstance(started, m.StartFailed):
            raise StartupError(started.text)
        self.port, self.has_ipv6, self.fingerprint = started.port, started.has_ipv6, started.fingerprint

    def _tell_owner(self, router_id: str, call: Callable[[RouterOwner], None]) -> None:
        if (owner := self.routers.get(router_id)) is not None:
            tell(lambda: call(owner))

    def _on_report(self, report: m.Report) -> None:
        if self.reports:
            used = (report.cpu_s - self.report.cpu_s) / max(0.1, self.heard_at - self._reported_at)
            self.busy += (used - self.busy) / _BUSY_REPORTS
        self.report, self._reported_at = report, self.heard_at
        self.reports += 1

    def _on_event(self, body: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        match self._decode_event(body):
            case m.Report() as report:
                self._on_report(report)
            case m.TransportClosed(router_id=router_id, transport_id=transport_id, reason=reason):
                self._tell_owner(router_id, lambda owner: owner.on_transport_closed(transport_id, reason))
            case m.LayersWanted(router_id=router_id, producer_id=producer_id, layers=layers):
                self._tell_owner(router_id, lambda owner: owner.on_layers_wanted(producer_id, layers))
            case m.SpeakersChanged(router_id=router_id) as speakers:
                self._tell_owner(router_id, lambda owner: owner.on_speakers_changed(self, speakers))
            case m.TransportConnected(router_id=router_id, transport_id=transport_id):
                self._tell_owner(router_id, lambda owner: owner.on_transport_connected(transport_id))
            case m.TransportQuality(router_id=router_id, transport_id=transport_id, quality=quality):
                self._tell_owner(router_id, lambda owner: owner.on_transport_quality(transport_id, quality))
            case m.ConsumerDark(router_id=router_id, transport_id=transport_id, consumer_id=consumer_id) as event:
                is_dark = event.is_dark
                self._tell_owner(
                    router_id, lambda owner: owner.on_consumer_dark(transport_id, consumer_id, is_dark=is_dark)
                )
            case m.Started() | m.StartFailed() as started:
                if not self._started.done():
                    self._started.set_result(started)


def unavailable() -> UserError:
    """Return the answer while there is no worker."""
    return UserError(ErrorCode.MEDIA_UNAVAILABLE, "Sound and video are being restarted.")
