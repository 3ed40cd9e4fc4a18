"""What may be written in chat."""

from protocol.errors import ErrorCode
from protocol.wire import MAX_CHAT_CHARACTERS
from server.errors import UserError
from server.visible import shows_nothing, without_controls


def clean_text(text: str) -> str:
    """Return `text` without control characters other than newline and tab, and with plain newlines.

    Raises `UserError`: nothing to see is left, or more than `MAX_CHAT_CHARACTERS` code points.
    """
    if len(text) > 2 * MAX_CHAT_CHARACTERS:
        raise _too_long()  # at once: looking at every character takes a while
    text = without_controls(text)
    if shows_nothing(text):
        raise UserError(ErrorCode.BAD_REQUEST, "There is nothing in this message.")
    if len(text) > MAX_CHAT_CHARACTERS:
        raise _too_long()
    return text


def _too_long() -> UserError:
    return UserError(ErrorCode.TOO_LARGE, f"A message has at most {MAX_CHAT_CHARACTERS} characters.")
