"""How good people's connections are, told to their meeting together.

One line that stutters for hundreds changes hundreds of marks within seconds. Each change by itself would be told to
each of the hundreds, over that line.
"""

import asyncio

from server.media.books import MediaBooks
from server.room.feature import Meeting

COLLECT_S = 1.0
"""Short beside the seconds after which a mark changes."""


class QualityNotices:
    """Makes one event of what changes within a second."""

    def __init__(self, meeting: Meeting, books: MediaBooks) -> None:
        self._meeting = meeting
        self._books = books
        self._changed: set[str] = set()
        """By participant."""
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, participant_id: str) -> None:
        """Tell the room, soon, how good a participant's connection is then."""
        self._changed.add(participant_id)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COLLECT_S, self._tell)

    def close(self) -> None:
        """Tell nothing any more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._changed.clear()

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        self._meeting.set_qualities({who: self._books.quality_of(who) for who in changed})
