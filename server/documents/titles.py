"""What a document may be called."""

import unicodedata

from protocol.documents import MAX_TITLE_CHARACTERS
from protocol.errors import ErrorCode
from server.errors import UserError
from server.visible import DIRECTION_OVERRIDES, UNSHOWABLE, shows_nothing


def title_of(text: str) -> str:
    """Return a title in one line, without what cannot be seen or turns the text around it.

    Raises `UserError`: nothing is left, or more than `MAX_TITLE_CHARACTERS` code points.
    """
    if len(text) > 4 * MAX_TITLE_CHARACTERS:
        raise _too_long()  # at once: looking at every character takes a while
    shown = (" " if unicodedata.category(c) in UNSHOWABLE else c for c in text if c not in DIRECTION_OVERRIDES)
    title = unicodedata.normalize("NFC", " ".join("".join(shown).split()))
    if shows_nothing(title):
        raise UserError(ErrorCode.BAD_REQUEST, "A title is missing.")
    if len(title) > MAX_TITLE_CHARACTERS:
        raise _too_long()
    return title


def _too_long() -> UserError:
    return UserError(ErrorCode.TOO_LARGE, f"A title has at most {MAX_TITLE_CHARACTERS} characters.")
