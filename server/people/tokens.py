"""Secrets in links, cookies and programs: made here, known to the store only as hashes."""

import hashlib
import re
import secrets

TOKEN_BYTES = 32
API_TOKEN_PREFIX = "rup_"  # noqa: S105 - what is before every one, and no secret
"""Tells an API token from what else may be in a header, and from others where somebody finds it."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Make a secret of 256 random bits: 43 characters that need no quoting in a URL or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Tell whether a text from outside has the form of a token; only then is it worth looking up."""
    return _TOKEN.fullmatch(text) is not None


def new_api_token() -> str:
    """Make a secret for a program, which shows that it is one."""
    return API_TOKEN_PREFIX + new_token()


def is_api_token(text: str) -> bool:
    """Tell whether a text from outside has the form of an API token."""
    return text.startswith(API_TOKEN_PREFIX) and is_token(text.removeprefix(API_TOKEN_PREFIX))


def hash_token(token: str) -> str:
    """Return what the store knows a token by.

    A plain hash is enough: there is nothing to guess in 256 random bits. How long the look-up of a hash takes tells
    nothing about the token.
    """
    return hashlib.sha256(token.encode("ascii")).hexdigest()
