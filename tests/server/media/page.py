"""A page that asks the media feature of a meeting, without the wire."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import msgspec
import pytest

from protocol.errors import ErrorCode
from protocol.requests import (
    MediaConsume,
    MediaConsumed,
    MediaProduce,
    MediaProduced,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import Source
from protocol.rtp import DtlsFingerprint, RtpParameters, TransportOptions
from protocol.wire import Request, Wire
from server.errors import UserError
from server.media.capabilities import ROUTER_CAPABILITIES
from server.media.feature import MediaFeature
from server.room.feature import Caller
from tests.server.media.test_ortc import audio, video

Reply = TypeVar("Reply", bound=Wire)
SOMEBODY = [DtlsFingerprint(algorithm="sha-256", value=":".join(["00"] * 32))]


class Page:
    """Asks the feature as one page would; a participant may have several."""

    def __init__(self, feature: MediaFeature, participant_id: str, endpoint_id: str | None = None) -> None:
        self.caller = Caller(
            participant_id=participant_id,
            person_id=participant_id,
            connection_id=f"connection of {participant_id}",
            endpoint_id=endpoint_id or f"page of {participant_id}",
        )
        self.feature = feature
        self._handlers = feature.handlers()
        self._requests = 0

    async def ask(self, kind: type[Request], reply: type[Reply], **fields: Any) -> Reply:
        """Send a request, with a fresh request id, and return its reply."""
        self._requests += 1
        answer = await self._handlers[kind](self.caller, kind(request_id=str(self._requests), **fields))
        assert isinstance(answer, reply)
        return answer

    async def transport(self, direction: str) -> TransportOptions:
        created = await self.ask(
            MediaTransportCreate, MediaTransportCreated, direction=direction, rtp_capabilities=ROUTER_CAPABILITIES
        )
        return created.transport

    async def produce(self, transport_id: str, source: Source = Source.CAMERA, **changes: Any) -> str:
        parameters = audio(**changes) if source is Source.MICROPHONE else video(**changes)
        produced = await self.ask(
            MediaProduce,
            MediaProduced,
            transport_id=transport_id,
            source=source,
            rtp_parameters=msgspec.convert(parameters, RtpParameters),
        )
        return produced.producer_id

    async def consume(self, transport_id: str, producer_id: str) -> MediaConsumed:
        return await self.ask(MediaConsume, MediaConsumed, transport_id=transport_id, producer_id=producer_id)


async def refused(request: Awaitable[object], code: ErrorCode) -> None:
    """Expect a request to be refused."""
    with pytest.raises(UserError) as error:
        await request
    assert error.value.code is code
