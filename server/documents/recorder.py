"""Keeps the documents that a meeting has changed for its record: as soon as it is over, or when the store is back.

What a meeting has changed, the store knows by the time of the newest change: so also what was begun in it from a
template, and what was changed by who had it open elsewhere.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from server.documents.live_documents import LiveDocuments
from server.errors import StoreError, UserError
from server.logs import log_failure
from server.store.documents import DocumentKey, DocumentRepository
from server.store.meetings import UnfinishedMeeting

RETRY_S = 5.0
"""A server that is killed while a record waits leaves it to the next start only when its end was not written either."""
MOST_TRIES = 17_280
"""A day."""
_SETTLE_S = 10.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Record:
    meeting: UnfinishedMeeting
    unsettled: Collection[DocumentKey]
    """Documents of which something may wait to be kept."""
    tries: int = 0


class Recorder:
    """Makes the records of all rooms. `close` tries once more what the store did not take."""

    def __init__(self, repository: DocumentRepository, documents: LiveDocuments, *, retry_s: float = RETRY_S) -> None:
        self._repository = repository
        self._documents = documents
        self._retry_s = retry_s
        self._waiting: dict[str, _Record] = {}
        """By meeting."""
        self._attempts: dict[str, asyncio.Task[None]] = {}
        """By meeting."""
        self._retrying: asyncio.Task[None] | None = None

    async def record(self, meeting: UnfinishedMeeting, unsettled: Collection[DocumentKey] = ()) -> None:
        """Keep what a meeting has changed as it is now, what is on its way in `unsettled` documents included.

        What cannot be kept now is tried again later. Who gives up waiting stops nothing.
        """
        self._waiting[meeting.meeting_id] = _Record(meeting, unsettled)
        await self._attempt(meeting.meeting_id)

    async def catch_up(self, room_id: str, at: int) -> None:
        """Try again what is missing of the room's meetings: from `at` on, its documents are changed in another one."""
        for meeting_id, record in tuple(self._waiting.items()):
            if record.meeting.room_id == room_id:
                if record.meeting.until is None:
                    record.meeting = replace(record.meeting, until=at)
                await self._attempt(meeting_id)

    async def close(self) -> None:
        """Stop, after a last try. Idempotent."""
        if self._retrying is not None:
            self._retrying.cancel()
            await asyncio.gather(self._retrying, return_exceptions=True)
        await asyncio.gather(*self._attempts.values())
        await asyncio.gather(*map(self._attempt, tuple(self._waiting)))
        for meeting_id in self._waiting:
            _log.error("record_given_up", meeting_id=meeting_id)
        self._waiting.clear()

    async def _attempt(self, meeting_id: str) -> None:
        attempt = self._attempts.get(meeting_id)
        if attempt is None:
            if meeting_id not in self._waiting:
                return
            attempt = asyncio.create_task(self._make(meeting_id), name=f"record of {meeting_id}")
            self._attempts[meeting_id] = attempt
        await asyncio.shield(attempt)

    async def _make(self, meeting_id: str) -> None:
        record = self._waiting[meeting_id]
        try:
            await self._settle(record)
            await self._keep_all(record.meeting)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be over later
            if record.tries == 0:
                log_failure(_log, "record_delayed", error, meeting_id=meeting_id)
            record.tries += 1
            if self._retrying is None:
                self._retrying = asyncio.create_task(self._retry(), name="records")
        else:
            del self._waiting[meeting_id]
        finally:
            del self._attempts[meeting_id]

    async def _settle(self, record: _Record) -> None:
        unsettled, record.unsettled = record.unsettled, ()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S):
                await self._documents.settle(unsettled)

    async def _keep_all(self, meeting: UnfinishedMeeting) -> None:
        failure = None
        for document in await self._repository.changed_last(meeting.room_id, meeting.opened_at, meeting.until):
            key = DocumentKey(document.document_id, document.epoch)
            # One that cannot be kept is no reason to leave the others out.
            try:
                async with self._documents.using(key, document.kind) as live:
                    await live.record(meeting.meeting_id)
            except StoreError:
                raise
            except UserError as error:
                log_failure(_log, "record_failed", error, document_id=key.document_id)
            except Exception as error:  # noqa: BLE001 - raised when the others are kept
                failure = error
        if failure is not None:
            raise failure

    async def _retry(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._retry_s)
                for meeting_id, record in tuple(self._waiting.items()):
                    if record.tries < MOST_TRIES:
                        await self._attempt(meeting_id)
                    else:
                        _log.error("record_given_up", meeting_id=meeting_id)
                        self._waiting.pop(meeting_id, None)
        finally:
            self._retrying = None
