"""Names as they are compared with what somebody types, whose keyboard may lack some letters. Pure.

The page has the same in `client_web/src/shared/folded.ts`; both are held to `protocol/vectors/found_names.json`.
"""

from unicodedata import category, normalize

_LETTERS = {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters that are none with an accent, beside those that `casefold` knows."""
_APOSTROPHES = "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\u00b4\uff07`"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
_ALIKE = str.maketrans(_LETTERS | dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-"))


def folded(text: str) -> str:
    """Return a text without capitals and accents, letters and marks that are alike as the plainest of them."""
    plain = "".join(one for one in normalize("NFD", text) if not category(one).startswith("M"))
    return plain.casefold().translate(_ALIKE)
