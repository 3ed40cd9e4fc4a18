"""What may be written in chat."""

import re

from protocol.errors import ErrorCode
from protocol.wire import MAX_CHAT_CHARACTERS
from server.errors import UserError
from server.visible import shows_nothing

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode category Cc without newline and tab."""


def clean_text(text: str) -> str:
    """Return `text` without control characters other than newline and tab, and with plain newlines.

    Raises `UserError`: nothing to see is left, or more than `MAX_CHAT_CHARACTERS` code points.
    """
    if len(text) > 2 * MAX_CHAT_CHARACTERS:
        raise _too_long()  # at once: looking at every character takes a while
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if shows_nothing(text):
        raise UserError(ErrorCode.BAD_REQUEST, "There is nothing in this message.")
    if len(text) > MAX_CHAT_CHARACTERS:
        raise _too_long()
    return text


def _too_long() -> UserError:
    return UserError(ErrorCode.TOO_LARGE, f"A message has at most {MAX_CHAT_CHARACTERS} characters.")
