"""Tells text that shows nothing: a message or a name made of it would look empty, or like somebody else's."""

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories that show nothing by themselves: controls, format characters, separators."""
UNSHOWABLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that have no place in one line of text."""
DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They would turn the text around a name, too."""
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\u2065\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""What shows nothing although its category says otherwise: joiners, fillers of Hangul, variation selectors (Unicode's
`Default_Ignorable_Code_Point`), and the empty cell of Braille."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode category Cc without newline and tab."""


def without_controls(text: str) -> str:
    """Return a text of several lines without control characters other than newline and tab, and with plain newlines."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def shows_nothing(text: str) -> bool:
    """Tell whether nobody would see anything.

    Beside something visible such characters have their use: emoji, Persian and Hindi are not written without them.
    """
    return all(unicodedata.category(c) in _UNSEEN for c in _BLANK.sub("", text))
