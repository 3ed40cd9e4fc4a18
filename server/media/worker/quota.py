"""How much one page may send us on one transport. What is more is dropped before it costs anything.

A publisher whom we ask for less (REMB) and who does not care would cost the worker a decryption for every packet, and
every subscriber his line. Pure; refilled by the transport's tick.
"""

MAX_OCTETS_PER_S = 4_000_000
"""32 Mbit/s. A camera in three layers and a sharp shared screen take at most 10, in bursts twice that."""
MAX_PACKETS_PER_S, MAX_PACKETS_AT_ONCE = 2_000, 4_000
"""For ever, and after a quiet second. Chromium sends 240 of a camera in three layers while it probes the line with
small retransmissions, 130 otherwise; with a screen at the most that we ask for and sound some 650, and a third more
over a line that loses 20 %. A camera and a screen of 10 Mbit/s would be some 1,200. A line that stood still for some
seconds brings all of that at once."""
MAX_DTLS_PER_S = 100
"""A handshake takes some 10, each of them perhaps several times."""

MAX_RTCP_PER_S = 200
"""Compounds with reports and the like; a browser with fifty streams sends some tens."""
MAX_NACKS_PER_S = 600
"""Compounds that ask for packets again, which must not cost the reports their place. libwebrtc asks for each stream at
every gap, and every 20 ms for what is still missing: nine pictures of 110 packets a second and four voices come to 320
over a line that loses 20 %, to 520 at 30 %. How many packets are looked up is limited, too (`consumer.py`)."""

MAX_RTCP_OCTETS_PER_S = 100_000
"""Of all compounds: those 520 are 20,000, reports on fifty streams 5,000. What costs is what is in them."""


class Quota:
    """Each `take_...` says whether a datagram is within what is allowed, and counts it."""

    __slots__ = ("_dtls_left", "_nacks_left", "_octets_left", "_packets_left", "_rtcp_left", "_rtcp_octets_left")

    def __init__(self) -> None:
        self._packets_left = MAX_PACKETS_AT_ONCE
        self.refill()

    def refill(self) -> None:
        """Allow another second's worth."""
        self._octets_left, self._dtls_left = MAX_OCTETS_PER_S, MAX_DTLS_PER_S
        self._packets_left = min(MAX_PACKETS_AT_ONCE, self._packets_left + MAX_PACKETS_PER_S)
        self._rtcp_left, self._nacks_left = MAX_RTCP_PER_S, MAX_NACKS_PER_S
        self._rtcp_octets_left = MAX_RTCP_OCTETS_PER_S

    def take_media(self, size: int) -> bool:
        """Take an RTP packet of `size` bytes."""
        if self._packets_left <= 0 or self._octets_left < size:
            return False
        self._packets_left -= 1
        self._octets_left -= size
        return True

    def take_rtcp(self, size: int, *, is_nack: bool) -> bool:
        """Take a compound of `size` bytes."""
        self._rtcp_octets_left -= size
        if is_nack:
            self._nacks_left -= 1
            return self._nacks_left >= 0 and self._rtcp_octets_left >= 0
        self._rtcp_left -= 1
        return self._rtcp_left >= 0 and self._rtcp_octets_left >= 0

    def take_dtls(self) -> bool:
        """Take a DTLS datagram."""
        if self._dtls_left <= 0:
            return False
        self._dtls_left -= 1
        return True
