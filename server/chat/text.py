"""What may be written in chat."""

import unicodedata

from protocol.errors import ErrorCode
from protocol.wire import MAX_CHAT_CHARACTERS
from server.errors import UserError

_KEPT_CONTROLS = "\n\t"
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories that show nothing by themselves: controls, format characters, separators."""


def clean_text(text: str) -> str:
    """Return `text` without control characters other than newline and tab, and with plain newlines.

    Raises `UserError`: nothing to see is left, or more than `MAX_CHAT_CHARACTERS` code points.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) != "Cc")
    if all(unicodedata.category(c) in _UNSEEN for c in text):
        raise UserError(ErrorCode.BAD_REQUEST, "There is nothing in this message.")
    if len(text) > MAX_CHAT_CHARACTERS:
        raise UserError(ErrorCode.TOO_LARGE, f"A message has at most {MAX_CHAT_CHARACTERS} characters.")
    return text
