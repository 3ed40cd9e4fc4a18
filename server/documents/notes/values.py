"""Values of a shared document, whose pages may write anything: each comes out as what it should be, or as nothing."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlsplit

MAX_HREF = 2048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MS = 253_402_300_799_000
"""The last second of the year 9999."""
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\ufffe\uffff]")
"""Control characters, what is no character, and what would turn the direction of all that follows on the line."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MAIL = re.compile(r"mailto:[^@?]+@[^@?]+(\?.*)?", re.IGNORECASE)
_IN_URLS = "!#$%&()*+,-./:;=?@[]_~"


def clean(text: str) -> str:
    """Return text that every format can hold, lines ended by newlines."""
    return _UNWANTED.sub("", _SURROGATE.sub("\ufffd", _LINE_END.sub("\n", text)))


def label(value: object, max_length: int) -> str:
    """Return a name or an id on one line, cut to `max_length`; nothing for what is no text."""
    return " ".join(clean(value[: 4 * max_length]).split())[:max_length].strip() if isinstance(value, str) else ""


def whole(value: object, low: int, high: int, default: int) -> int:
    """Return a whole number, brought between `low` and `high`; JavaScript's numbers arrive as floats."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return int(min(max(value, low), high))


def day(value: object) -> date | None:
    """Return the day of `YYYY-MM-DD`."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """Return the instant of milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_MS:
        return None
    return _EPOCH + timedelta(milliseconds=int(value))


def href(value: object) -> str | None:
    """Return an address that is safe to follow: http, https or mailto, every unusual character as `%XX`."""
    if not isinstance(value, str) or len(value) > MAX_HREF:
        return None
    address = quote(clean(value.strip()), safe=_IN_URLS)
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and parts.netloc:
        return address
    return address if _MAIL.fullmatch(address) else None
