"""What a polling page posts: Engine.IO packets, separated by U+001E.

See https://github.com/socketio/engine.io-protocol (HTTP long-polling, version 4).
"""

import asyncio
from base64 import b64decode

from aiohttp import ClientPayloadError, web

from protocol.errors import ErrorCode
from protocol.wire import MAX_MESSAGE_BYTES
from server.errors import ProtocolError

MAX_POST_BYTES = 2 * MAX_MESSAGE_BYTES
"""Room for one message of the largest size in base64, or for many small ones."""
POST_TIMEOUT_S = 15.0
_SEPARATOR = "\x1e"


async def read_packets(request: web.Request) -> list[str | bytes]:
    """Read a post as a whole: text packets, and binary ones out of their base64. Raises `ProtocolError`."""
    length = request.content_length
    if length is None or length > MAX_POST_BYTES:
        raise ProtocolError(ErrorCode.TOO_LARGE, "This message is too large.")
    try:
        async with asyncio.timeout(POST_TIMEOUT_S):
            body = (await request.content.readexactly(length)).decode()
        return [b64decode(item[1:], validate=True) if item.startswith("b") else item for item in body.split(_SEPARATOR)]
    except (TimeoutError, asyncio.IncompleteReadError, ClientPayloadError, ConnectionError) as error:
        raise ProtocolError(ErrorCode.BAD_REQUEST, "This message did not arrive as a whole.") from error
    except ValueError as error:
        raise ProtocolError(ErrorCode.BAD_REQUEST, "This message cannot be read.") from error
