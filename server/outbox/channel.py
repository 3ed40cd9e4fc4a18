"""What a channel is to the outbox: something that tries to send, and says what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from server.store.outbox import WaitingMessage

MAX_REASON_CHARACTERS = 300


class Verdict(Enum):
    """What came of trying to send a message."""

    SENT = auto()
    LATER = auto()
    """Not now, for a reason that is this message's own."""
    NEVER = auto()
    """The other side has said no for good."""
    AWAY = auto()
    """The other side takes nothing at all just now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of trying to send a message, and why it was not sent. There is no secret in the reason."""

    verdict: Verdict
    reason: str = ""


SENT = Outcome(Verdict.SENT)


class Channel(Protocol):
    """A way to elsewhere. What is sent twice, because nobody knows whether it has arrived, does no harm."""

    @property
    def name(self) -> str:
        """Return what messages call it."""
        ...

    @property
    def batch(self) -> int:
        """Return how many messages it is handed at most."""
        ...

    async def send(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        """Try to send messages, and return what came of each, in bounded time.

        When that is over, of the first ones only, at least of one: the others are handed to it again.
        """
        ...

    async def close(self) -> None:
        """Let go of what is open. Idempotent."""
        ...


def reason_of(text: str) -> str:
    """Return a text of the other side's as one short line that can be shown."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:MAX_REASON_CHARACTERS]
