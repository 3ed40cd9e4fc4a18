import pytest

from server.clock import SystemClock
from server.config import Config
from server.errors import StartupError
from server.media import service as service_module
from server.media.capabilities import ROUTER_CAPABILITIES
from server.media.service import ADDRESSES_LIFETIME_S, MediaService
from tests.support.clock import ManualClock


def test_pages_can_prepare_before_they_join() -> None:
    service = MediaService(Config(), SystemClock())
    assert service.settings().router_rtp_capabilities is ROUTER_CAPABILITIES
    assert not service.is_ready
    assert service.stats() == []


async def test_a_started_service_is_ready_until_it_is_closed(service: MediaService) -> None:
    assert service.is_ready
    (stats,) = service.stats()
    assert stats.pid > 0
    assert stats.port > 0
    assert (stats.deaths, stats.failed_starts, stats.transports) == (0, 0, 0)
    for _ in range(2):
        await service.close()
    assert not service.is_ready


async def test_a_wrong_address_to_announce_stops_the_start() -> None:
    with pytest.raises(StartupError, match="no IP address"):
        await MediaService(Config(announce_ips=("example.org",)), SystemClock()).start()


async def test_a_changed_network_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, addresses = ManualClock(), ["192.0.2.1"]
    monkeypatch.setattr(service_module, "reachable_addresses", lambda *_: list(addresses))
    service = MediaService(Config(media_workers=1, media_port=0), clock)
    await service.start()
    try:
        (worker,) = service._supervisor.workers
        assert {candidate.ip for candidate in service._candidates(worker)} == {"192.0.2.1"}
        addresses[:] = ["198.51.100.1"]
        clock.advance(seconds=ADDRESSES_LIFETIME_S + 1)
        assert {candidate.ip for candidate in service._candidates(worker)} == {"198.51.100.1"}
    finally:
        await service.close()
