"""The hot loop: a group of packets to all subscribers of a producer."""

import socket
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from server.media.worker.batch import BATCH, Batch, Slots
from server.media.worker.continuity import Shift, shift_pictures
from server.media.worker.group import Segments
from server.media.worker.path import Path
from server.media.worker.rtp import HEADER_BYTES
from server.media.worker.srtp import SrtpSession, protect

_pack = struct.Struct("!HI13s").pack_into
"""Sequence number, timestamp, and a subscriber's prefix, from byte 2 of the header."""


class Target(NamedTuple):
    """A subscriber as the hot loop needs it. `shift` is taken from the layer's numbers."""

    session: SrtpSession
    path: Path
    prefix: bytes
    shift: Shift


class Fanout:
    """Sends to a set of targets that changes far less often than packets come."""

    def __init__(self, sock: socket.socket, slots: Slots) -> None:
        self._sock = sock
        self._slots = slots
        self._targets: Sequence[Target] = ()  # keeps alive what the rows point at
        self._rows: dict[int, list[tuple[Batch, list[tuple[Any, ...]]]]] = {}
        """By the length of SRTP's tag, which decides where in a slot the packets lie."""

    def aim(self, targets: Sequence[Target]) -> None:
        """Send to `targets` from now on."""
        self._targets = targets
        self._rows = {}
        for tag_bytes in sorted({target.session.tag_bytes for target in targets}):
            alike = [target for target in targets if target.session.tag_bytes == tag_bytes]
            parts = [alike[start : start + BATCH] for start in range(0, len(alike), BATCH)]
            self._rows[tag_bytes] = [(self._batch(part), self._rows_of(part)) for part in parts]

    def send(self, segments: Segments) -> tuple[int, int]:
        """Send packets, with their headers written, to every target.

        Returns how many packets the kernel did not take, and how many SRTP refused.
        """
        length = self._slots.length
        not_sent = refused = 0
        for tag_bytes, batches in self._rows.items():
            stride = segments.size + tag_bytes
            image = bytes(tag_bytes).join(segments.datas)  # where a packet's tag will be, the next packet is not
            end = len(image)
            parts = [(number * stride, *part) for number, part in enumerate(segments.parts)]
            for batch, rows in batches:
                batch.shape(end + tag_bytes, stride)
                start = 0
                for number, (view, pointer, context, prefix, shift, offset, later, pictures) in enumerate(rows):
                    view[:end] = image
                    for at, size, sequence, timestamp, descriptor in parts:
                        _pack(view, at + 2, (sequence - offset) & 0xFFFF, (timestamp - later) & 0xFFFFFFFF, prefix)
                        if pictures and descriptor is not None:
                            shift_pictures(view, at + HEADER_BYTES, descriptor, shift)
                        length[0] = size
                        if protect(context, pointer + at, length):
                            # What is not protected must not leave: send what is before, go on after.
                            refused += len(parts)
                            not_sent += batch.send(start, number)
                            start = number + 1
                            break
                not_sent += batch.send(start, len(rows))
        return not_sent, refused

    def _batch(self, targets: Sequence[Target]) -> Batch:
        return Batch(self._sock, self._slots, [target.path for target in targets])

    def _rows_of(self, targets: Sequence[Target]) -> list[tuple[Any, ...]]:
        slots = self._slots
        return [
            (
                slots.views[at],
                slots.pointers[at],
                target.session.context,
                target.prefix,
                target.shift,
                target.shift.sequence,
                target.shift.timestamp,
                target.shift.has_pictures,
            )
            for at, target in enumerate(targets)
        ]
