from pathlib import Path

import pytest

from server.errors import StartupError
from server.turn.credentials import create_credentials
from server.turn.ice_servers import TurnServers
from tests.support.clock import ManualClock

URLS = ("turn:turn.example.org?transport=udp", "turns:turn.example.org:443")
SECRET = "0123456789abcdef"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "turn.secret"
    file.write_text(SECRET)
    return file


def test_every_page_gets_credentials_of_its_own_that_expire(secret_file: Path) -> None:
    clock = ManualClock()
    servers = TurnServers(URLS, secret_file, 600, clock)
    [first] = servers.for_page("p_1")
    assert first.urls == list(URLS)
    made = create_credentials(SECRET, "p_1", clock.now_ms() // 1000 + 600)
    assert (first.username, first.credential) == (made.username, made.credential)
    clock.advance(seconds=60)
    [later] = servers.for_page("p_1")
    assert later.username == f"{clock.now_ms() // 1000 + 600}:p_1" != first.username


def test_without_a_turn_server_pages_are_told_of_none(secret_file: Path) -> None:
    assert TurnServers((), None, 600, ManualClock()).for_page("p_1") == []
    assert TurnServers((), secret_file, 600, ManualClock()).for_page("p_1") == []


def test_urls_without_secret_and_wrong_urls_stop_the_start(secret_file: Path) -> None:
    with pytest.raises(StartupError, match="--turn-secret-file"):
        TurnServers(URLS, None, 600, ManualClock())
    with pytest.raises(StartupError, match="--turn-urls"):
        TurnServers(("https://turn.example.org",), secret_file, 600, ManualClock())
