"""One message to many connections."""

from collections.abc import Collection

from protocol.events import Notice, RoomEvent
from server.gateway.frames import encode_message
from server.room.meeting import Outbox


def fan_out(outboxes: Collection[Outbox], message: RoomEvent | Notice) -> None:
    """Encode `message` once and hand it to every connection, without a task per recipient.

    It is on its way, or queued, when this returns; a connection that cannot keep up deals with that by itself.
    """
    if outboxes:
        frame = encode_message(message)
        for outbox in outboxes:
            outbox.put(frame)
