"""Gives every meeting its chat."""

from server.chat.feature import ChatFeature
from server.clock import Clock
from server.room.feature import Feature, Meeting
from server.store.chat import ChatRepository


class ChatService:
    """What the chats of all rooms share."""

    def __init__(self, repository: ChatRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the chat of a meeting."""
        return ChatFeature(meeting, self._repository, self._clock)
