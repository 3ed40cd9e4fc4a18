"""Secrets in links and cookies: made here, known to the store only as hashes."""

import hashlib
import re
import secrets

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Make a secret of 256 random bits: 43 characters that need no quoting in a URL or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Tell whether a text from outside has the form of a token; only then is it worth looking up."""
    return _TOKEN.fullmatch(text) is not None


def hash_token(token: str) -> str:
    """Return what the store knows a token by.

    A plain hash is enough: there is nothing to guess in 256 random bits. How long the look-up of a hash takes tells
    nothing about the token.
    """
    return hashlib.sha256(token.encode("ascii")).hexdigest()
