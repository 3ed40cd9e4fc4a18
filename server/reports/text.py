"""Makes text that somebody typed fit for files: none breaks, and no cell turns another one, whatever is in it."""

import re

from server.visible import DIRECTION_OVERRIDES

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, half pairs, separators, what is no character, and what would turn the text around it."""
_OVERRIDES = dict.fromkeys(map(ord, DIRECTION_OVERRIDES))


def fit(text: str) -> str:
    """Return text with line breaks as LF, without what turns its neighbours, and what no file may have as U+FFFD."""
    if not _UNFIT.search(text):
        return text
    return _UNFIT.sub("\ufffd", _BREAKS.sub("\n", text).translate(_OVERRIDES))


def one_line(text: str) -> str:
    """Return text as one line, for where only one has room."""
    return " ".join(fit(text).split())
