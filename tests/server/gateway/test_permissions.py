"""The permission table, cell by cell, over real connections."""

from typing import Any

import msgspec
import pytest

from protocol.permissions import TABLE, is_permitted
from protocol.requests import REQUESTS
from protocol.roles import RoomRole, RoomState
from protocol.rtp import DtlsFingerprint, DtlsParameters, RtpCodecParameters, RtpParameters
from tests.support.gateway import ROOM, RunningGateway
from tests.support.page import Page, RequestError

_DTLS = DtlsParameters(fingerprints=[DtlsFingerprint(algorithm="sha-256", value="AA:BB")])
_RTP = RtpParameters(codecs=[RtpCodecParameters(mime_type="audio/opus", payload_type=100, clock_rate=48_000)])
FIELDS: dict[str, dict[str, Any]] = {
    "room_join": {},
    "room_leave": {},
    "chat_send": {"text": "hello"},
    "chat_typing": {"is_typing": True},
    "chat_page": {"before": 10},
    "chat_read": {"up_to": 1},
    "media_transport_create": {"direction": "send"},
    "media_transport_connect": {"transport_id": "t", "dtls_parameters": _DTLS},
    "media_transport_close": {"transport_id": "t"},
    "media_produce": {"transport_id": "t", "source": "microphone", "rtp_parameters": _RTP},
    "media_producer_update": {"producer_id": "p", "is_paused": True},
    "media_producer_close": {"producer_id": "p"},
    "media_consume": {"transport_id": "t", "producer_id": "p"},
    "media_consumer_update": {"consumer_id": "c", "is_paused": True},
    "media_consumer_close": {"consumer_id": "c"},
}
CELLS = [(role, name, state) for state, rows in TABLE.items() for name in rows for role in RoomRole]


def email(role: RoomRole) -> str:
    return f"{role}@school.example"


async def ask(page: Page, name: str) -> str:
    """Make a well-formed request, and return the code of its failure, or `ok`."""
    try:
        if name == "room_join":
            await page.join(ROOM)
        else:
            await page.request(name, **{key: msgspec.to_builtins(value) for key, value in FIELDS[name].items()})
    except RequestError as error:
        return error.code
    return "ok"


def test_every_request_and_every_cell_is_tried() -> None:
    assert set(FIELDS) == set(REQUESTS)
    assert len(CELLS) == len(REQUESTS) * len(RoomRole) * len(RoomState)


@pytest.mark.parametrize("state", list(RoomState))
@pytest.mark.parametrize("role", list(RoomRole))
async def test_each_cell(server: RunningGateway, role: RoomRole, state: RoomState) -> None:
    """A row at a time: one meeting for all requests of a role, as leaving and joining change the state."""
    await server.sign_in(email(role))
    await server.give_role(email(role), role)
    if state is RoomState.LIVE:
        await server.enter("somebody@school.example")
    for name in REQUESTS:
        page = await server.connect(email(role))
        if state is RoomState.LIVE and name != "room_join":
            joined = await page.join(ROOM)
            assert joined.you.role is role
            assert (name in joined.you.permitted) == is_permitted(role, name, state)
        expected = "ok"
        if not is_permitted(role, name, state):
            # Nobody is in a room without a meeting.
            expected = "forbidden" if state is RoomState.LIVE else "not_in_room"
        assert await ask(page, name) == expected, name
        await page.close()
