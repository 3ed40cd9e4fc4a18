"""The connection test: what a page is told when it begins one."""

from protocol.room import MediaSettings
from protocol.rtp import Uint16
from protocol.wire import Wire


class ConnectionTestOpened(Wire, frozen=True, kw_only=True):
    """`POST /api/connection-test`: media for one person alone, to try which ways there are.

    The media requests of a room go to `POST /api/connection-test/TEST_ID/REQUEST` as JSON.
    """

    test_id: str
    lifetime_s: float
    """Then it is over, finished or not."""
    media: MediaSettings
    media_ports: tuple[Uint16, ...]
    """Every port that a meeting may be on, for those who have to open them."""
