"""The server's errors, in one tree.

    RoundupError
    ├── UserError        the failed acknowledgement of one request; hurts nobody else
    ├── ProtocolError    the connection does not speak our protocol; it is closed
    └── StartupError     the server cannot start; one sentence and exit code 2

Anything else that a handler raises is our fault: logged with room and participant, answered `internal_error`.
"""

from protocol.errors import ErrorCode


class RoundupError(Exception):
    """Base of all errors that this server raises on purpose."""


class UserError(RoundupError):
    """A request that cannot be done, with a sentence for the person who asked."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class ProtocolError(RoundupError):
    """Bytes that no honest page sends; the connection is closed with a code."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class StartupError(RoundupError):
    """Why the server cannot start, in one clear sentence for whoever started it."""
