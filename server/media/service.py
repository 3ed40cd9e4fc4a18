"""Media for all rooms of this node: the workers, and a feature for each meeting."""

from protocol.room import MediaSettings
from protocol.rtp import IceCandidate
from server.clock import Clock
from server.config import Config
from server.media.candidates import check_announced, create_candidates, reachable_addresses
from server.media.capabilities import ROUTER_CAPABILITIES
from server.media.connection_test import ConnectionTests
from server.media.feature import MediaFeature
from server.media.supervisor import Supervisor, WorkerStats
from server.media.worker_process import LogOptions, WorkerProcess
from server.room.feature import Feature, Meeting
from server.turn.ice_servers import TurnServers

ADDRESSES_LIFETIME_S = 10.0
"""How long this machine's addresses are believed: laptops change networks."""


class MediaService:
    """Starts and ends the workers."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Raises `StartupError`."""
        self._config = config
        self._clock = clock
        self._supervisor = Supervisor(
            count=config.media_workers,
            first_port=config.media_port,
            span_at=config.room_span_transports,
            logs=LogOptions(config.log_level, is_json=config.log_json),
        )
        self._turn_servers = TurnServers(config.turn_urls, config.turn_secret_file, config.turn_credential_s, clock)
        self._settings = MediaSettings(router_rtp_capabilities=ROUTER_CAPABILITIES)
        self.connection_tests = ConnectionTests(self.create_feature, self.settings, self._ports, clock)
        self._addresses: list[str] = []
        self._addresses_read_at: float | None = None

    async def start(self) -> None:
        """Start the workers. Raises `StartupError`."""
        check_announced(self._config.announce_ips)
        await self._supervisor.start()

    async def close(self) -> None:
        """End the workers; whoever is still connected is told by DTLS. Idempotent."""
        await self.connection_tests.close()
        await self._supervisor.close()

    @property
    def is_ready(self) -> bool:
        """Whether a room that opens now has media."""
        return bool(self._supervisor.workers)

    def settings(self) -> MediaSettings:
        """Return what a page needs to know before it joins."""
        return self._settings

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the media of a new meeting."""
        return MediaFeature(meeting, self._supervisor, self._candidates, self._turn_servers.for_page)

    def stats(self) -> list[WorkerStats]:
        """Return the workers' last reports, at most some seconds old."""
        return self._supervisor.stats()

    def _ports(self) -> list[int]:
        return [worker.port for worker in self._supervisor.workers]

    def _candidates(self, worker: WorkerProcess) -> list[IceCandidate]:
        now = self._clock.monotonic()
        if self._addresses_read_at is None or now - self._addresses_read_at > ADDRESSES_LIFETIME_S:
            self._addresses = reachable_addresses(self._config.announce_ips, self._config.public_url)
            self._addresses_read_at = now
        return create_candidates(self._addresses, worker.port, has_ipv6=worker.has_ipv6)
