"""Forgets every day what is kept for a time only, and finishes erasing people."""

import asyncio
from dataclasses import dataclass

import structlog

from server.clock import Clock
from server.logs import log_failure
from server.privacy.erasure import Eraser
from server.store.retention import RetentionRepository

EVERY_S = 86_400.0
_RETRY_S = 600.0
_BREATH_S = 0.01
"""Between two meetings: who has something to write goes first."""
_DAY_MS = 86_400_000
SERVER = "server"
"""As the audit trail calls what nobody has asked for."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    meetings: int
    """Of which only sums are left."""
    sign_ins: int
    audit_entries: int
    people: int
    """Who were erased, and of whom something was left."""


class Housekeeper:
    """The task that forgets."""

    def __init__(self, repository: RetentionRepository, eraser: Eraser, clock: Clock) -> None:
        self._repository = repository
        self._eraser = eraser
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a first look at once."""
        self._task = asyncio.create_task(self._run(), name="privacy: housekeeping")

    async def close(self) -> None:
        """Stop, wherever it is: the next start goes on. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def forget(self) -> Forgotten:
        """Delete what is beyond its time, as of now. Raises `StoreError`."""
        retention = await self._repository.retention()
        now = self._clock.now_ms()
        erased = await self._eraser.finish(actor=SERVER)
        meetings = await self._repository.meetings_with_events(closed_before=now - retention.presence_days * _DAY_MS)
        for meeting_id in meetings:
            await self._repository.forget_events(meeting_id)
            await asyncio.sleep(_BREATH_S)
        return Forgotten(
            meetings=len(meetings),
            sign_ins=await self._repository.forget_sign_ins(before=now - retention.sign_in_days * _DAY_MS),
            audit_entries=await self._repository.forget_audit(before=now - retention.audit_days * _DAY_MS),
            people=len(erased.person_ids),
        )

    async def _run(self) -> None:
        while True:
            pause = EVERY_S
            try:
                forgotten = await self.forget()
            except Exception as error:  # noqa: BLE001 - what was not forgotten now is later
                log_failure(_log, "not_forgotten", error)
                pause = _RETRY_S
            else:
                if forgotten != Forgotten(0, 0, 0, 0):
                    _log.info(
                        "forgotten",
                        meetings=forgotten.meetings,
                        sign_ins=forgotten.sign_ins,
                        audit_entries=forgotten.audit_entries,
                        people=forgotten.people,
                    )
            await asyncio.sleep(pause)
