"""The permission table, cell by cell, over real connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.permissions import TABLE, is_permitted
from protocol.requests import REQUESTS
from protocol.roles import RoomRole, RoomState
from protocol.rtp import DtlsFingerprint, DtlsParameters, RtpCodecParameters, RtpParameters
from server.store.database import Database
from server.store.rooms import RoomRepository
from tests.support.page import Page, RequestError
from tests.support.server import RunningServer, running_server

_DTLS = DtlsParameters(fingerprints=[DtlsFingerprint(algorithm="sha-256", value="AA:BB")])
_RTP = RtpParameters(codecs=[RtpCodecParameters(mime_type="audio/opus", payload_type=100, clock_rate=48_000)])
FIELDS: dict[str, dict[str, Any]] = {
    "room_join": {},
    "room_leave": {},
    "chat_send": {"text": "hello"},
    "chat_typing": {"is_typing": True},
    "chat_page": {"before": 10},
    "chat_read": {"up_to": 1},
    "document_create": {"kind": "board", "title": "Page"},
    "document_rename": {"document_id": "d", "title": "Page"},
    "document_lock": {"document_id": "d", "is_locked": True},
    "document_remove": {"document_id": "d"},
    "document_restore": {"document_id": "d"},
    "document_begin_anew": {"document_id": "d"},
    "document_page": {"before": "d"},
    "document_open": {"document_id": "d"},
    "document_more": {"passage_id": "p", "offset": 0},
    "document_update": {"document_id": "d", "epoch": 1, "update": b"\x00\x00"},
    "document_presence": {"document_id": "d", "client": 1, "state": b"{}"},
    "document_close": {"document_id": "d"},
    "document_present": {"document_id": "d"},
    "document_versions": {"document_id": "d"},
    "document_version": {"document_id": "d", "seq": 1},
    "document_authors": {"document_id": "d"},
    "media_transport_create": {"direction": "send"},
    "media_transport_connect": {"transport_id": "t", "dtls_parameters": _DTLS},
    "media_ice_restart": {"transport_id": "t"},
    "media_transport_close": {"transport_id": "t"},
    "media_produce": {"transport_id": "t", "source": "microphone", "rtp_parameters": _RTP},
    "media_producer_update": {"producer_id": "p", "is_paused": True},
    "media_producer_close": {"producer_id": "p"},
    "media_consume": {"transport_id": "t", "producer_id": "p"},
    "media_audio_slots": {"transport_id": "t"},
    "media_consumer_update": {"consumer_id": "c", "is_paused": True},
    "media_consumer_close": {"consumer_id": "c"},
}
CELLS = [(role, name, state) for state, rows in TABLE.items() for name in rows for role in RoomRole]
ROOM = "morning-round-up"


@asynccontextmanager
async def demo_server(folder: Path) -> AsyncIterator[RunningServer]:
    """Run the whole server with a room and somebody of each role."""
    async with running_server(folder, is_demo=True) as server:
        database = await Database.open(server.config.data_dir)
        rooms = RoomRepository(database)
        room = await rooms.find_room(ROOM)
        assert room is not None
        for role in RoomRole:
            person = await server.add_person(email(role))
            await rooms.set_room_role(room.room_id, person.person_id, role, actor="test", at=1)
        await database.close()
        yield server


def email(role: RoomRole) -> str:
    return f"{role}@school.example"


async def open_page(server: RunningServer, who: str) -> Page:
    page = Page(await server.sign_in(who))
    await page.connect(server.url)
    return page


async def ask(page: Page, name: str) -> str:
    """Make a well-formed request, and return the code of its failure, or `ok`."""
    try:
        if name == "room_join":
            await page.join(ROOM)
        else:
            fields = msgspec.to_builtins(FIELDS[name], builtin_types=(bytes,))
            await page.request(name, **fields)
    except RequestError as error:
        return error.code
    return "ok"


def expected_codes(role: RoomRole, name: str, state: RoomState) -> set[str]:
    if is_permitted(role, name, state):
        return {"ok", "not_found"}  # what is asked for with a made-up id is not there
    # Nobody is in a room without a meeting.
    return {"forbidden"} if state is RoomState.LIVE else {"not_in_room"}


def test_every_request_and_every_cell_is_tried() -> None:
    assert set(FIELDS) == set(REQUESTS)
    assert len(CELLS) == len(REQUESTS) * len(RoomRole) * len(RoomState)


@pytest.mark.parametrize("state", list(RoomState))
@pytest.mark.parametrize("role", list(RoomRole))
async def test_each_cell(tmp_path: Path, role: RoomRole, state: RoomState) -> None:
    """A row at a time, each cell on a connection of its own: joining and leaving change the state."""
    async with demo_server(tmp_path) as server:
        host = await open_page(server, email(RoomRole.HOST))
        if state is RoomState.LIVE:
            await host.join(ROOM)
        for name in REQUESTS:
            page = await open_page(server, email(role))
            if state is RoomState.LIVE and name != "room_join":
                joined = await page.join(ROOM)
                assert joined.you.role is role
                assert (name in joined.you.permitted) == is_permitted(role, name, state)
            assert await ask(page, name) in expected_codes(role, name, state), name
            await page.close()
        await host.close()


@pytest.mark.parametrize("role", list(RoomRole))
async def test_a_screen_is_shared_only_by_those_who_may_be_seen(tmp_path: Path, role: RoomRole) -> None:
    async with demo_server(tmp_path) as server:
        page = await open_page(server, email(role))
        await page.join(ROOM)
        with pytest.raises(RequestError) as error:
            await page.request(
                "media_produce", transport_id="t", source="screen", rtp_parameters=msgspec.to_builtins(_RTP)
            )
        may_be_seen = role in (RoomRole.HOST, RoomRole.PARTICIPANT)
        assert error.value.code == ("not_found" if may_be_seen else "forbidden")
        await page.close()
