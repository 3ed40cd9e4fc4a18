"""The server's errors, in one tree.

    RoundupError
    ├── UserError        the failed acknowledgement of one request; hurts nobody else
    │   └── StoreError   the database cannot be used just now; operators get the reason, people are asked to wait
    ├── ProtocolError    the connection does not speak our protocol; it is closed
    └── StartupError     the server cannot start; one sentence and exit code 2

Anything else that a handler raises is our fault: logged with room and participant, answered `internal_error`.
"""

from protocol.errors import ErrorCode


class RoundupError(Exception):
    """Base of all errors that this server raises on purpose."""


class UserError(RoundupError):
    """A request that cannot be done, with a sentence for the person who asked."""

    def __init__(self, code: ErrorCode, text: str, *, retry_after_s: int | None = None) -> None:
        """Make it; `retry_after_s` tells the page before when it need not ask again."""
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s


class StoreError(UserError):
    """The database cannot be used just now. The text is for the person who asked, `reason` for operators."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            ErrorCode.UNAVAILABLE, "Roundup cannot save or look up anything just now; try again in a moment."
        )
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class ProtocolError(RoundupError):
    """Bytes that no honest page sends; the connection is closed with a code."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class StartupError(RoundupError):
    """Why the server cannot start, in one clear sentence for whoever started it."""
