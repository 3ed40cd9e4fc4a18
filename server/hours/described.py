"""Reads what people describe as JSON, and says in one sentence what is wrong with it."""

import re
from typing import TypeVar

import msgspec

from protocol.errors import ErrorCode
from server.errors import UserError

MAX_BYTES = 65_536

_PLACE = re.compile(r"(?s)(.*) - at `\$\.?(.*)`")
_T = TypeVar("_T")


def read_described(text: str | bytes, decoder: "msgspec.json.Decoder[_T]", what: str) -> _T:
    """Return what JSON describes. Raises `UserError` with a sentence that says which value of `what` is wrong."""
    if len(text) > MAX_BYTES:
        raise UserError(ErrorCode.TOO_LARGE, f"This is no {what}: it is longer than {MAX_BYTES:,} characters.")
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"This is no {what}: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "it is not text in UTF-8"
    found = _PLACE.fullmatch(str(error))
    if found is None:
        return _uncapitalised(str(error))
    reason = _uncapitalised(found[1])
    return f"{found[2]}: {reason}" if found[2] else reason


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
