"""Transports as pages ask for them, with a real worker behind."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from protocol.errors import ErrorCode
from protocol.events import MediaTransportClosed
from protocol.requests import (
    MediaIceRestart,
    MediaIceRestarted,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.rtp import DtlsParameters
from protocol.wire import Empty
from server.media import books as books_module
from server.media import worker_process
from server.media.service import MediaService
from tests.server.media.meeting import RecordingMeeting, live_feature, running_service, worker_has
from tests.server.media.page import SOMEBODY, Page, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_transport_has_what_mediasoup_client_needs(ana: Page, shared_service: MediaService) -> None:
    options = await ana.transport("send")
    assert options.ice_parameters.ice_lite
    port = shared_service.stats()[0].port
    assert [(c.protocol, c.ip, c.port) for c in options.ice_candidates] == [
        (protocol, "127.0.0.1", port) for protocol in ("udp", "tcp")
    ]
    assert options.dtls_parameters.role == "auto"
    assert len(options.dtls_parameters.fingerprints) == 1
    plain = msgspec.to_builtins(options)
    assert set(plain) == {"id", "iceParameters", "iceCandidates", "dtlsParameters"}
    assert set(plain["iceParameters"]) == {"usernameFragment", "password", "iceLite"}


async def test_every_transport_and_every_restart_brings_fresh_relay_credentials(tmp_path: Path) -> None:
    secret_file = tmp_path / "turn.secret"
    secret_file.write_text("0123456789abcdef")
    url = "turn:127.0.0.1:3478?transport=udp"
    async with (
        running_service(turn_urls=(url,), turn_secret_file=secret_file) as service,
        live_feature(service, RecordingMeeting()) as feature,
    ):
        ana = Page(feature, "ana")
        options = await ana.transport("send")
        [relay] = options.ice_servers
        assert relay.urls == [url]
        assert relay.username is not None
        assert relay.username.endswith(":ana")
        restarted = await ana.ask(MediaIceRestart, MediaIceRestarted, transport_id=options.id)
        assert [server.urls for server in restarted.ice_servers] == [[url]]
        assert "iceServers" in msgspec.to_builtins(options)


async def test_a_transport_has_one_direction(ana: Page, ben: Page) -> None:
    sending, receiving = await ana.transport("send"), await ana.transport("recv")
    await refused(ana.produce(receiving.id), ErrorCode.BAD_REQUEST)
    producer = await ana.produce(sending.id)
    await refused(ana.consume(sending.id, producer), ErrorCode.BAD_REQUEST)
    await refused(ben.ask(MediaTransportCreate, MediaTransportCreated, direction="recv"), ErrorCode.BAD_REQUEST)


async def test_a_new_transport_replaces_the_page_s_earlier_one(
    ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    first = await ana.transport("send")
    await ana.produce(first.id)
    await ana.transport("recv")
    second = await ana.transport("send")
    assert second.id != first.id
    assert meeting.producers("ana") == ()
    closed = MediaTransportClosed(transport_id=first.id, reason="replaced")
    assert meeting.notices == [(ana.caller.endpoint_id, closed)]
    await worker_has(shared_service, transports=2, producers=0)


async def test_a_transport_that_comes_too_late_is_closed(ana: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its id is free again, which the worker would refuse otherwise."""
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_late")
    with monkeypatch.context() as impatient:
        impatient.setattr(worker_process, "CALL_TIMEOUT_S", 0)
        await refused(ana.transport("send"), ErrorCode.MEDIA_UNAVAILABLE)
    await ana.transport("send")


async def test_a_transport_that_nobody_waits_for_any_more_is_closed(ana: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_cancelled")
    asking = asyncio.create_task(ana.transport("send"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_other")
    recv = await ana.transport("recv")
    assert recv.id == "tr_other"
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_cancelled")
    await ana.transport("send")


async def test_ice_is_restarted_for_ones_own_transport_only(ana: Page, ben: Page) -> None:
    transport = await ana.transport("recv")
    before = transport.ice_parameters
    after = (await ana.ask(MediaIceRestart, MediaIceRestarted, transport_id=transport.id)).ice_parameters
    assert after.ice_lite
    assert after.username_fragment != before.username_fragment
    assert after.password != before.password
    await refused(ben.ask(MediaIceRestart, MediaIceRestarted, transport_id=transport.id), ErrorCode.NOT_FOUND)


async def test_connecting_twice_is_a_bad_request(ana: Page) -> None:
    transport = await ana.transport("send")
    parameters = DtlsParameters(fingerprints=SOMEBODY, role="client")
    await ana.ask(MediaTransportConnect, Empty, transport_id=transport.id, dtls_parameters=parameters)
    await refused(
        ana.ask(MediaTransportConnect, Empty, transport_id=transport.id, dtls_parameters=parameters),
        ErrorCode.BAD_REQUEST,
    )
