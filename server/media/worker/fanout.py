"""The hot loop: one packet to all subscribers of a producer."""

import socket
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from server.media.worker.batch import BATCH, Batch, Slots
from server.media.worker.path import Path
from server.media.worker.srtp import SrtpSession, protect

_pack = struct.Struct("!HI13s").pack_into
"""Sequence number, timestamp, and a subscriber's prefix, from byte 2 of the header."""


class Target(NamedTuple):
    """A subscriber as the hot loop needs it. `offset` is taken from the producer's sequence numbers."""

    session: SrtpSession
    path: Path
    prefix: bytes
    offset: int


class Fanout:
    """Sends to a set of targets that changes far less often than packets come."""

    def __init__(self, sock: socket.socket, slots: Slots) -> None:
        self._sock = sock
        self._slots = slots
        self._targets: Sequence[Target] = ()  # keeps alive what the rows point at
        self._rows: list[tuple[Batch, list[tuple[Any, ...]]]] = []

    def aim(self, targets: Sequence[Target]) -> None:
        """Send to `targets` from now on."""
        self._targets = targets
        self._rows = []
        slots = self._slots
        for start in range(0, len(targets), BATCH):
            part = targets[start : start + BATCH]
            rows = [
                (
                    slots.views[at],
                    slots.pointers[at],
                    target.session.context,
                    target.prefix,
                    target.offset,
                    2 * at + 1,
                    target.session.tag_bytes,
                )
                for at, target in enumerate(part)
            ]
            self._rows.append((Batch(self._sock, slots, [target.path for target in part]), rows))

    def send(self, packet: memoryview, size: int, sequence: int, timestamp: int) -> tuple[int, int]:
        """Send the first `size` bytes of `packet`, a slot's length with its header written, to every target.

        Returns how many packets the kernel did not take, and how many SRTP refused.
        """
        length = self._slots.length
        not_sent = refused = 0
        for batch, rows in self._rows:
            lengths = batch.lengths
            start = 0
            for view, pointer, context, prefix, offset, at, tag_bytes in rows:
                view[:] = packet
                _pack(view, 2, (sequence - offset) & 0xFFFF, timestamp, prefix)
                length[0] = size
                if protect(context, pointer, length):
                    # What is not protected must not leave: send what is before, go on after.
                    refused += 1
                    not_sent += batch.send(start, at >> 1)
                    start = (at >> 1) + 1
                lengths[at] = size + tag_bytes
            not_sent += batch.send(start, len(rows))
        return not_sent, refused
