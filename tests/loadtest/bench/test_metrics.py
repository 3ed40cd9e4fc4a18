from pathlib import Path

from loadtest.bench.metrics import parse_metrics, read_metrics
from tests.support.server import running_server

TEXT = """\
# HELP roundup_media_transports WebRTC transports.
# TYPE roundup_media_transports gauge
roundup_media_transports{worker="8810"} 4.0
roundup_media_transports{worker="8811"} 3.0
roundup_participants 2.0
roundup_join_seconds_bucket{le="+Inf"} 7.0 1700000000
"""


def test_samples_are_summed_over_their_labels() -> None:
    assert parse_metrics(TEXT.splitlines()) == {
        "roundup_media_transports": 7.0,
        "roundup_participants": 2.0,
        "roundup_join_seconds_bucket": 7.0,
    }


async def test_a_running_server_says_how_many_are_there(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        figures = await read_metrics(server.url)
    assert figures["roundup_participants"] == figures["roundup_media_transports"] == 0
