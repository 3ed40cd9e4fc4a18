"""What people type to name people, rooms and days: brought into one form, or refused with a sentence."""

import re
import unicodedata
from datetime import date

from protocol.errors import ErrorCode
from protocol.wire import MAX_NAME_CHARACTERS, SLUG_PATTERN
from server.errors import UserError
from server.visible import DIRECTION_OVERRIDES, UNSHOWABLE, shows_nothing

MAX_EMAIL_CHARACTERS = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SLUG = re.compile(SLUG_PATTERN)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1_990, 2_200)


def email_of(text: str) -> str:
    """Return an e-mail address in the form that it is stored and looked up in."""
    # Folding case is stable only on decomposed text (Unicode section 3.13, D145).
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text.strip()).casefold())
    if _EMAIL.fullmatch(email) is None or len(email) > MAX_EMAIL_CHARACTERS or not email.isprintable():
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is not an e-mail address.")
    return email


def name_of(text: str) -> str:
    """Return a name (of a person, a room, the programme) without surrounding space. Markup in it stays text."""
    name = unicodedata.normalize("NFC", text.strip())
    if shows_nothing(name):
        raise UserError(ErrorCode.BAD_REQUEST, "A name is missing.")
    if len(name) > MAX_NAME_CHARACTERS:
        raise UserError(
            ErrorCode.TOO_LARGE, f"The name {name[:20]!r}... is longer than {MAX_NAME_CHARACTERS} characters."
        )
    if any(unicodedata.category(c) in UNSHOWABLE or c in DIRECTION_OVERRIDES for c in name):
        raise UserError(ErrorCode.BAD_REQUEST, f"The name {name!r} has characters that cannot be shown.")
    return name


def slug_of(text: str) -> str:
    """Return a room's name in links, checked: lower-case letters, digits and inner hyphens."""
    if _SLUG.match(text) is None:
        raise UserError(
            ErrorCode.BAD_REQUEST,
            f"{text!r} cannot be part of a link: use at most 64 lower-case letters, digits and hyphens between them.",
        )
    return text


def day_of(text: str) -> date:
    """Return the day that a text names, as ISO 8601 has it. Raises `UserError`."""
    try:
        if _DAY.fullmatch(text.strip()) is None:
            raise ValueError
        day = date.fromisoformat(text.strip())
        if day.year not in _YEARS:
            raise ValueError
    except ValueError:
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no day; write it like 2026-11-30.") from None
    return day
