"""The last packets of a producer, shared by all its subscribers, for retransmission."""

from server.media.worker.group import Packet

_SIZE = 512
"""Packets: 1.8 s of 2.5 Mbit/s video. A power of two that divides 65,536."""


class PacketRing:
    """Packets by their unbounded sequence number; the oldest is overwritten."""

    def __init__(self) -> None:
        self._slots: list[Packet | None] = [None] * _SIZE

    def put(self, packet: Packet) -> None:
        """Remember `packet`, unless a newer one has its place."""
        slot = self._slots[packet.sequence % _SIZE]
        if slot is None or slot.sequence <= packet.sequence:
            self._slots[packet.sequence % _SIZE] = packet

    def get(self, sequence: int) -> Packet | None:
        """Return the packet, or `None` when it never came or was overwritten."""
        slot = self._slots[sequence % _SIZE]
        return slot if slot is not None and slot.sequence == sequence else None
