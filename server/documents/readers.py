"""One document of a meeting, and the connections that have it open."""

import asyncio
from collections.abc import Callable

from protocol.documents import DocumentHealth, DocumentPresence
from protocol.events import DocumentPresences, DocumentUpdated
from server.documents.live import Listener, LiveDocument, Opened
from server.documents.presence import PresenceBoard
from server.room.feature import Caller, Meeting
from server.store.documents import Change

PRESENCE_S = 0.05
"""What comes within it is told together."""
MAX_NOTICE_BYTES = 65_536
"""A larger change is not told but read, compressed, by everybody for themselves: told to all at once, it would be more
than may wait for a connection."""


class Readers:
    """Tells those who have the document open what becomes of it. `close` stops that."""

    def __init__(self, live: LiveDocument, meeting: Meeting, on_health: Callable[[DocumentHealth], None]) -> None:
        self.live = live
        self._meeting = meeting
        self._connections: set[str] = set()
        self._opening = 0
        self._presence = PresenceBoard(self._tell_presence_later)
        self._telling: asyncio.TimerHandle | None = None
        self._listener = Listener(on_change=self._on_change, on_health=on_health)
        live.listeners.append(self._listener)

    @property
    def is_read(self) -> bool:
        """Whether anybody has the document open, or is about to."""
        return bool(self._connections) or self._opening > 0

    def is_read_by(self, connection_id: str) -> bool:
        """Tell whether a connection has the document open."""
        return connection_id in self._connections

    def presences(self) -> tuple[DocumentPresence, ...]:
        """Return where everybody is."""
        return self._presence.all()

    async def open(self, caller: Caller, state: bytes) -> Opened:
        """Return what a page lacks; from here on it is told every change. Raises `UserError`."""
        self._opening += 1
        try:
            opened = await self.live.open(caller.person_id, state)
        finally:
            self._opening -= 1
            # It may be from another meeting, or was in trouble when it was open last.
            self._listener.on_health(self.live.health)
        # Nothing is awaited in between: the next change is told.
        if self._meeting.is_inside(caller.connection_id):
            self._connections.add(caller.connection_id)
        return opened

    def set_presence(self, connection_id: str, presence: DocumentPresence) -> bool:
        """Take where a page says somebody is. Return whether it may say so."""
        return connection_id in self._connections and self._presence.set(connection_id, presence)

    def leave(self, connection_id: str) -> None:
        """Tell a connection no more, and the others that it has gone."""
        self._connections.discard(connection_id)
        self._presence.remove(connection_id)

    def close(self) -> None:
        """Tell nobody any more. Idempotent."""
        if self._listener in self.live.listeners:
            self.live.listeners.remove(self._listener)
        if self._telling is not None:
            self._telling.cancel()

    def _on_change(self, change: Change) -> None:
        update = change.data if len(change.data) <= MAX_NOTICE_BYTES else None
        document_id, epoch = change.key.document_id, change.key.epoch
        notice = DocumentUpdated(document_id=document_id, epoch=epoch, seq=change.seq, update=update)
        self._meeting.tell(notice, self._connections)

    def _tell_presence_later(self) -> None:
        self._telling = asyncio.get_running_loop().call_later(PRESENCE_S, self._tell_presence)

    def _tell_presence(self) -> None:
        notice = DocumentPresences(document_id=self.live.key.document_id, presences=self._presence.take_news())
        self._meeting.tell(notice, self._connections)
