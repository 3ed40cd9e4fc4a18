"""What a file is called that somebody saves: as it is titled, as far as every file system takes that."""

import re
import unicodedata
from urllib.parse import quote

_MAX_CHARACTERS = 100
_MAX_BYTES = 200
"""Most file systems end at 255, and browsers add a number to a name that there is already."""
_UNNAMED = "Roundup"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_BETWEEN_WORDS = re.compile(r"(?<=\w)[:/\\|]+(?=\w)")
"""As in 11/22 and 8:30."""
_BEFORE_POINT = re.compile(r'[<>:"/\\|?* ]*[<>:"/\\|?*][<>:"/\\|?* ]*(?=[.,;!])')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .]|$)", re.IGNORECASE)
"""Windows takes these for devices, whatever ending they have."""
_JOINERS = "\u200c\u200d"
"""Persian is written with one of them, emoji are put together with the other."""


def file_name(title: str, ending: str) -> str:
    """Return what to call a file of something with this title: letters of any script and emoji stay what they are."""
    text = "".join(map(_shown, unicodedata.normalize("NFC", title)))
    text = _BETWEEN_WORDS.sub("-", text)
    text = _FORBIDDEN.sub(" ", _BEFORE_POINT.sub("", text))
    text = _trimmed(" ".join(text.split()).removesuffix(f".{ending}"))
    if _RESERVED.match(text):
        text = f"_{text}"
    return f"{_trimmed(_shortened(text)) or _UNNAMED}.{ending}"


def attachment(name: str) -> str:
    """Return the `Content-Disposition` of a file to be saved (RFC 6266), its name in any script (RFC 8187)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _shown(character: str) -> str:
    """Return what is written of a character: neither what turns the direction of a line around, nor what is no text."""
    category = unicodedata.category(character)
    if category == "Cf":
        return character if character in _JOINERS else ""
    return " " if category[0] in "CZ" else character


def _trimmed(text: str) -> str:
    # A name that begins with a dot is hidden, with a dash it is an option, and Windows leaves dots at the end out.
    return text.strip(f" .-{_JOINERS}")


def _shortened(text: str) -> str:
    text = text[:_MAX_CHARACTERS]
    return text.encode()[:_MAX_BYTES].decode(errors="ignore")
