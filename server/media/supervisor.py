"""Keeps one media worker per slot running, and places routers on them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count as count_from_zero

import structlog

from server.config import SPAN_AT
from server.errors import StartupError
from server.media.messages import Report
from server.media.silence import Silence
from server.media.worker_process import START_TIMEOUT_S, LogOptions, RouterOwner, WorkerProcess, tell

HANG_S = 4.0
"""A worker reports every second; one that has not for so long, while we were on time, is hung and is killed."""
HANG_AT_MOST_S = 60.0
"""One that has not for so long is of no use to anybody, however late we were ourselves."""
_PROBE_S = 0.5
RESTART_DELAYS_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
MAX_START_TIMEOUT_S = 120.0
_MAX_PORT = 65_535
_HEALTHY_REPORTS = 30
"""After so many reports a worker's next end is a first one again."""

_log = structlog.get_logger(__name__)


def start_timeout_s(failed_starts: int) -> float:
    """Return how long the next start may take: after each that failed twice as long as before.

    On a machine that is short of time a start that is given up has been for nothing, and the next begins from nothing.
    """
    return min(MAX_START_TIMEOUT_S, START_TIMEOUT_S * 2.0 ** min(failed_starts, 10))


class WorkerStats(Report, frozen=True, kw_only=True, tag="worker_stats"):
    """A worker's last report, and what became of those before it."""

    pid: int
    port: int
    deaths: int
    """How many ended, or hung and were killed."""
    failed_starts: int
    """How many did not come to serve."""


@dataclass(slots=True)
class _Slot:
    number: int
    port: int
    worker: WorkerProcess | None = None
    deaths: int = 0
    failed_starts: int = 0
    failed_in_a_row: int = 0
    keeper: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Supervisor:
    """Worker n has port `first_port + n`, UDP and TCP, or a free one when `first_port` is 0."""

    count: int
    first_port: int
    logs: LogOptions = field(default_factory=LogOptions)
    span_at: int = SPAN_AT
    """A worker with so many transports is full."""
    _slots: list[_Slot] = field(init=False, default_factory=list)
    _waiting: dict[str, RouterOwner] = field(init=False, default_factory=dict)
    """Routers that no worker could take."""
    _pipes: Iterator[int] = field(init=False, default_factory=count_from_zero)

    async def start(self) -> None:
        """Start all workers. Raises `StartupError`, with none left running, when one cannot serve."""
        count = max(1, self.count)
        if self.first_port + count - 1 > _MAX_PORT:
            raise StartupError(
                f"{count} media workers need the ports from {self.first_port} on, and the last port is {_MAX_PORT};"
                " choose a lower --media-port or fewer --media-workers."
            )
        self._slots = [_Slot(number, self.first_port + number if self.first_port else 0) for number in range(count)]
        try:
            results = await asyncio.gather(*map(self._fill, self._slots), return_exceptions=True)
            failed = next((result for result in results if result is not None), None)
            if failed is not None:
                raise failed
        except BaseException:  # cancelled, too
            await self.close()
            raise
        for slot in self._slots:
            slot.keeper = asyncio.create_task(self._keep(slot), name=f"keeper of media worker {slot.number}")

    async def close(self) -> None:
        """End all workers. Idempotent."""
        keepers = [slot.keeper for slot in self._slots if slot.keeper is not None]
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        workers = [slot.worker for slot in self._slots if slot.worker is not None]
        await asyncio.gather(*(worker.stop() for worker in workers))
        for slot in self._slots:
            slot.worker = slot.keeper = None

    @property
    def workers(self) -> list[WorkerProcess]:
        """The workers that serve just now."""
        return [slot.worker for slot in self._slots if slot.worker is not None]

    def place(self, router_id: str, owner: RouterOwner) -> WorkerProcess | None:
        """Give a router to the least loaded worker; with `None`, `owner` is told as soon as there is one."""
        worker = min(self.workers, key=lambda w: w.transport_count + len(w.routers), default=None)
        if worker is None:
            self._waiting[router_id] = owner
        else:
            worker.routers[router_id] = owner
        return worker

    def take_pipe(self) -> int:
        """Return a number for a pipe between workers: none has it, whatever their meeting."""
        return next(self._pipes) % (1 << 32)

    def remove(self, router_id: str) -> None:
        """Tell a router's owner nothing more. Idempotent."""
        self._waiting.pop(router_id, None)
        for worker in self.workers:
            worker.routers.pop(router_id, None)

    def stats(self) -> list[WorkerStats]:
        """Return every living worker's last report."""
        return [
            WorkerStats(
                pid=slot.worker.pid,
                port=slot.worker.port,
                deaths=slot.deaths,
                failed_starts=slot.failed_starts,
                **{name: getattr(slot.worker.report, name) for name in Report.__struct_fields__},
            )
            for slot in self._slots
            if slot.worker is not None
        ]

    async def _fill(self, slot: _Slot) -> None:
        """Start a slot's worker, and put it there at once, so that whatever comes then `close` ends it.

        There is no second try, and nobody is waiting yet: it may take as long as any.
        """
        slot.worker = await WorkerProcess.start(slot.number, slot.port, self.logs, MAX_START_TIMEOUT_S)

    async def _keep(self, slot: _Slot) -> None:
        """Restart the slot's worker whenever it ends or hangs, the later the more often that happens."""
        failures = 0
        while True:
            try:
                if slot.worker is not None and await self._lose(slot, slot.worker) >= _HEALTHY_REPORTS:
                    failures = 0
                await asyncio.sleep(RESTART_DELAYS_S[min(failures, len(RESTART_DELAYS_S) - 1)])
                failures += 1
                await self._restart(slot)
            except StartupError as error:
                _log.error("media_worker_not_started", worker=slot.number, reason=str(error))
            except Exception:  # noqa: BLE001 - whatever it is, the slot needs its keeper
                _log.exception("media_worker_keeper_failed", worker=slot.number)
                await asyncio.sleep(RESTART_DELAYS_S[-1])

    async def _lose(self, slot: _Slot, worker: WorkerProcess) -> int:
        """Wait until the slot's worker is gone, and tell its owners; return how often it had reported."""
        reports = await self._outlive(worker)
        slot.worker = None
        slot.deaths += 1
        for owner in list(worker.routers.values()):
            tell(owner.on_worker_lost)
        return reports

    async def _restart(self, slot: _Slot) -> None:
        timeout_s = start_timeout_s(slot.failed_in_a_row)
        try:
            slot.worker = worker = await WorkerProcess.start(slot.number, slot.port, self.logs, timeout_s)
        except Exception:
            slot.failed_starts += 1
            slot.failed_in_a_row += 1
            raise
        slot.failed_in_a_row = 0
        _log.info("media_worker_started", worker=slot.number, pid=worker.pid, port=worker.port)
        waiting, self._waiting = self._waiting, {}
        for owner in waiting.values():
            tell(owner.on_worker_available)

    async def _outlive(self, worker: WorkerProcess) -> int:
        """Wait until `worker` is gone, or end it when it hangs; return how often it reported."""
        loop = asyncio.get_running_loop()
        silence = Silence(worker.heard_at)
        waits_since = loop.time()
        while not await worker.wait_ended(_PROBE_S):
            now = loop.time()
            silence.wait_ended(_PROBE_S, now - waits_since, worker.heard_at)
            waits_since = now
            if silence.listened_s >= HANG_S or silence.passed_s >= HANG_AT_MOST_S:
                _log.error("media_worker_hung", worker=worker.number, pid=worker.pid)
                await worker.stop(is_hung=True)
                return worker.reports
        await worker.stop()
        _log.error("media_worker_ended", worker=worker.number, pid=worker.pid, exit_code=worker.exit_code)
        return worker.reports
