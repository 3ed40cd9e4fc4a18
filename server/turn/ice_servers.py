"""The TURN servers that pages are told of, each time with fresh credentials."""

from collections.abc import Sequence
from pathlib import Path

from protocol.rtp import IceServer
from server.clock import Clock
from server.errors import StartupError
from server.turn.credentials import create_credentials, read_secret
from server.turn.urls import parse_turn_url


class TurnServers:
    """One per server; without URLs there is no relay, and pages are told of none."""

    def __init__(self, urls: Sequence[str], secret_file: Path | None, credential_s: int, clock: Clock) -> None:
        """Raises `StartupError` when the URLs or the secret cannot be used."""
        for url in urls:
            parse_turn_url(url)
        if urls and secret_file is None:
            raise StartupError("--turn-urls needs the secret that is shared with the TURN server: --turn-secret-file.")
        self._urls = list(urls)
        self._secret = read_secret(secret_file) if urls and secret_file is not None else ""
        self._credential_s = credential_s
        self._clock = clock

    def for_page(self, name: str) -> list[IceServer]:
        """Return them for a page of `name`, an opaque id that the TURN server counts a person's relays by."""
        if not self._urls:
            return []
        expires_at_s = self._clock.now_ms() // 1000 + self._credential_s
        made = create_credentials(self._secret, name, expires_at_s)
        return [IceServer(urls=self._urls, username=made.username, credential=made.credential)]
