"""JSON responses from wire values."""

from typing import Any

import msgspec
from aiohttp import web

_encoder = msgspec.json.Encoder()


def encode_json(value: Any) -> bytes:
    """Return `value`, a wire struct or a dict of them, as JSON."""
    return _encoder.encode(value)


def json_response(value: Any, *, status: int = 200) -> web.Response:
    """Return `value`, a wire struct or a dict of them, as JSON."""
    return web.Response(status=status, body=encode_json(value), content_type="application/json")
