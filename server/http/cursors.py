"""Where a list goes on, as clients are given it: a text that says nothing to them, and that nobody else can make.

It holds for the one list that it was given with, while the server runs.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

from aiohttp import web

from protocol.errors import ErrorCode
from server.errors import UserError

_SEAL_BYTES = 16


class Cursors:
    """Makes cursors, and reads those that it has made."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def seal(self, list_name: str, place: str) -> str:
        """Return a cursor to a place in a list, which is named by all that it was asked for with."""
        held = place.encode()
        return base64.urlsafe_b64encode(self._seal(list_name, held) + held).decode().rstrip("=")

    def open(self, list_name: str, cursor: str) -> str:
        """Return the place that a cursor stands for. Raises `UserError` for one that was not made for this list."""
        try:
            held = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            held = b""
        seal, place = held[:_SEAL_BYTES], held[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(list_name, place)):
            raise UserError(ErrorCode.BAD_REQUEST, "`cursor` is not of this list, or too old: begin at its beginning.")
        return place.decode()

    def _seal(self, list_name: str, place: bytes) -> bytes:
        said = list_name.encode() + b"\0" + place
        return hmac.digest(self._key, said, hashlib.sha256)[:_SEAL_BYTES]


CURSORS = web.AppKey("cursors", Cursors)
