"""Credentials for TURN that expire by themselves (draft-uberti-behave-turn-rest-00; coturn: `use-auth-secret`).

The TURN server knows no accounts: it computes the credential of a user name from the shared secret, and reads there
until when it holds.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from pathlib import Path

from server.errors import StartupError

_MIN_SECRET = 16
_SECRET = re.compile(r"[!-~]+")
"""Printable ASCII without spaces: it stands in a line of coturn's configuration."""


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """What a browser shows to the TURN server."""

    username: str
    credential: str = field(repr=False)


def create_credentials(secret: str, name: str, expires_at_s: int) -> TurnCredentials:
    """Make credentials of `name`, an opaque id, that hold until `expires_at_s`, in seconds since 1970."""
    username = f"{expires_at_s}:{name}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return TurnCredentials(username, base64.b64encode(digest).decode())


def read_secret(file: Path) -> str:
    """Read the shared secret from the first and only line of a file. Raises `StartupError`, which never quotes it."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StartupError(f"{file} (--turn-secret-file) cannot be read: {reason}.") from None
    if len(secret) < _MIN_SECRET or _SECRET.fullmatch(secret) is None:
        raise StartupError(
            f"{file} (--turn-secret-file) holds no secret: it takes one line of at least {_MIN_SECRET} letters, digits "
            "and signs, without spaces."
        )
    return secret
