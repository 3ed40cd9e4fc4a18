"""The last packets of a stream, shared by all its subscribers, for retransmission."""

from server.media.worker.arrangement import Packet

VIDEO_PACKETS = 512
"""1.8 s of 2.5 Mbit/s."""
AUDIO_PACKETS = 128
"""2.5 s of packets of 20 ms; less than what SRTP lets us send again."""


class PacketRing:
    """Packets by their unbounded sequence number; the oldest is overwritten. `size` is a power of two."""

    def __init__(self, size: int) -> None:
        self._slots: list[Packet | None] = [None] * size

    def put(self, packet: Packet) -> None:
        """Remember `packet`, unless a newer one has its place."""
        at = packet.sequence % len(self._slots)
        slot = self._slots[at]
        if slot is None or slot.sequence <= packet.sequence:
            self._slots[at] = packet

    def get(self, sequence: int) -> Packet | None:
        """Return the packet, or `None` when it never came or was overwritten."""
        slot = self._slots[sequence % len(self._slots)]
        return slot if slot is not None and slot.sequence == sequence else None
