"""Where people are in one document, told together a few times a second. Nothing of it lasts."""

from collections.abc import Callable, Mapping

from protocol.documents import DocumentPresence

MAX_CLIENTS = 4
"""Of one connection: a page has one, and for a moment perhaps that of the page that it was before."""


class PresenceBoard:
    """By connection, what it says of itself; and who has to be told of what is new in it."""

    def __init__(self, tell_later: Callable[[], None]) -> None:
        """`tell_later` is called when there is something to be told after there was nothing."""
        self._tell_later = tell_later
        self._states: dict[str, dict[int, DocumentPresence]] = {}
        self._connections: dict[int, str] = {}
        """By client: whose it is."""
        self._news: dict[int, DocumentPresence] = {}

    def all(self) -> tuple[DocumentPresence, ...]:
        """Return where everybody is."""
        return tuple(presence for states in self._states.values() for presence in states.values())

    def set(self, connection_id: str, presence: DocumentPresence) -> bool:
        """Take what a connection says. Return whether it may: a client that another connection has is not its own."""
        if self._connections.get(presence.client, connection_id) != connection_id:
            return False
        states = self._states.setdefault(connection_id, {})
        if presence.state is None:
            if states.pop(presence.client, None) is None:
                return True
            del self._connections[presence.client]
        elif presence.client not in states and len(states) >= MAX_CLIENTS:
            return False
        else:
            states[presence.client] = presence
            self._connections[presence.client] = connection_id
        self._add_news({presence.client: presence})
        return True

    def remove(self, connection_id: str) -> None:
        """Take note that a connection has the document open no more."""
        states = self._states.pop(connection_id, {})
        for client in states:
            del self._connections[client]
        self._add_news(
            {
                client: DocumentPresence(participant_id=presence.participant_id, client=client, state=None)
                for client, presence in states.items()
            }
        )

    def take_news(self) -> tuple[DocumentPresence, ...]:
        """Return what is to be told, once."""
        news, self._news = self._news, {}
        return tuple(news.values())

    def _add_news(self, news: Mapping[int, DocumentPresence]) -> None:
        if news and not self._news:
            self._tell_later()
        self._news |= news
