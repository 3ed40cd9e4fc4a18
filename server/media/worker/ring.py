"""The last packets of a producer, shared by all its subscribers, for retransmission."""

_SIZE = 512
"""Packets: 1.8 s of 2.5 Mbit/s video. A power of two that divides 65,536."""


class PacketRing:
    """Packets by their unbounded sequence number; the oldest is overwritten."""

    def __init__(self) -> None:
        self._slots: list[tuple[int, bytes] | None] = [None] * _SIZE

    def put(self, sequence: int, packet: bytes) -> None:
        """Remember `packet`, unless a newer one has its place."""
        slot = self._slots[sequence % _SIZE]
        if slot is None or slot[0] <= sequence:
            self._slots[sequence % _SIZE] = (sequence, packet)

    def get(self, sequence: int) -> bytes | None:
        """Return the packet, or `None` when it never came or was overwritten."""
        slot = self._slots[sequence % _SIZE]
        return slot[1] if slot is not None and slot[0] == sequence else None
