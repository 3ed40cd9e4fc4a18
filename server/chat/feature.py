"""The chat of one meeting: a window on the newest messages of the room, and what is added to them."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocol.errors import ErrorCode
from protocol.events import ChatMessageSent, ChatTypingNotice
from protocol.replay import CHAT_SNAPSHOT_MESSAGES
from protocol.requests import ChatHistory, ChatPage, ChatRead, ChatSend, ChatSent, ChatTyping
from protocol.room import ChatMessage, ChatSnapshot
from protocol.wire import Empty, Request
from server.chat.text import clean_text
from server.clock import Clock
from server.errors import UserError
from server.room.feature import Caller, Feature, Handler, Meeting
from server.store.chat import ChatRepository
from server.store.queue import WriteQueue

TYPING_EVERY_S = 1.0
"""Of one participant. A page forgets a typing notice after 6 s, so it is told again meanwhile."""


@dataclass(frozen=True, slots=True)
class _Typing:
    began_at: float
    """When the others were last told that they are typing, in monotonic seconds."""
    is_typing: bool


_NEVER = _Typing(began_at=-math.inf, is_typing=False)


class ChatFeature(Feature):
    """Persists first, then tells. Events are published in the order of message ids."""

    name = "chat"

    def __init__(self, meeting: Meeting, repository: ChatRepository, clock: Clock) -> None:
        self._meeting = meeting
        self._repository = repository
        self._clock = clock
        self._window: deque[ChatMessage] = deque(maxlen=CHAT_SNAPSHOT_MESSAGES)
        self._has_more = True
        """True until the history is known to have no more than the window."""
        self._queue = WriteQueue("The chat message before is not kept yet.")
        self._read_up_to: dict[str, int] = {}
        """By person."""
        self._typing: dict[str, _Typing] = {}
        """By participant: what the others were told last."""

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that this feature answers."""
        return {
            ChatSend: self.on_chat_send,
            ChatTyping: self.on_chat_typing,
            ChatPage: self.on_chat_page,
            ChatRead: self.on_chat_read,
        }

    def snapshot(self) -> ChatSnapshot:
        """Return the newest messages."""
        return ChatSnapshot(messages=tuple(self._window), has_more=self._has_more)

    def you(self, caller: Caller) -> Mapping[str, Any]:
        """Tell how far this person has read."""
        return {"chat_read_up_to": self._read_up_to.get(caller.person_id, 0)}

    async def on_meeting_opened(self, _at: int) -> None:
        """Load the newest messages. Without them the page can still ask for older ones."""
        messages, self._has_more = await self._repository.page(self._room_id, None, CHAT_SNAPSHOT_MESSAGES)
        self._window.extend(messages)

    async def on_connection_arriving(self, caller: Caller) -> None:
        """Load how far the person has read."""
        if caller.person_id not in self._read_up_to:
            up_to = await self._repository.read_up_to(self._room_id, caller.person_id)
            # They may have read on in another tab meanwhile.
            self._read_up_to[caller.person_id] = max(up_to, self._read_up_to.get(caller.person_id, 0))

    async def on_participant_left(self, participant_id: str) -> None:
        """Forget that they were typing."""
        self._typing.pop(participant_id, None)

    async def on_chat_send(self, caller: Caller, request: ChatSend) -> ChatSent:
        """Keep a message and tell everybody."""
        text = clean_text(request.text)
        participant = self._meeting.participant(caller.participant_id)
        if participant is None:
            raise UserError(ErrorCode.NOT_IN_ROOM, "You are not in this room.")
        async with self._queue.turn():
            message = await self._repository.append(
                self._room_id, caller.person_id, participant.name, text, request.request_id, self._clock.now_ms()
            )
            # One that was kept before, by a request that arrives again, has been told already.
            if not self._window or message.message_id > self._window[-1].message_id:
                self._add(message)
        return ChatSent(message=message)

    async def on_chat_typing(self, caller: Caller, request: ChatTyping) -> Empty:
        """Tell the others, but not more often than they need to know."""
        told = self._typing.get(caller.participant_id, _NEVER)
        now = self._clock.monotonic()
        if request.is_typing:
            if now - told.began_at < TYPING_EVERY_S:
                return Empty()
            self._typing[caller.participant_id] = _Typing(began_at=now, is_typing=True)
        else:
            if not told.is_typing:
                return Empty()
            self._typing[caller.participant_id] = _Typing(began_at=told.began_at, is_typing=False)
        notice = ChatTypingNotice(participant_id=caller.participant_id, is_typing=request.is_typing)
        self._meeting.notify(notice, except_participant_id=caller.participant_id)
        return Empty()

    async def on_chat_page(self, _caller: Caller, request: ChatPage) -> ChatHistory:
        """Read older messages."""
        messages, has_more = await self._repository.page(self._room_id, request.before, request.limit)
        return ChatHistory(messages=tuple(messages), has_more=has_more)

    async def on_chat_read(self, caller: Caller, request: ChatRead) -> Empty:
        """Remember how far the person has read; not beyond what there is."""
        newest = self._window[-1].message_id if self._window else 0
        up_to = min(request.up_to, newest)
        if up_to > self._read_up_to.get(caller.person_id, 0):
            await self._repository.mark_read(self._room_id, caller.person_id, up_to)
            self._read_up_to[caller.person_id] = max(up_to, self._read_up_to.get(caller.person_id, 0))
        return Empty()

    @property
    def _room_id(self) -> str:
        return self._meeting.room.room_id

    def _add(self, message: ChatMessage) -> None:
        self._has_more = self._has_more or len(self._window) == CHAT_SNAPSHOT_MESSAGES
        self._window.append(message)
        self._meeting.publish(ChatMessageSent(message=message))
