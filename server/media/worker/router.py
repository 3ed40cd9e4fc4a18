"""The transports of one meeting: what is produced on one can be consumed on every other, and nowhere else."""

from collections.abc import Callable

from server.media.messages import Consume
from server.media.rpc import NotFoundError
from server.media.worker.consumer import Consumer
from server.media.worker.inlet import Inlet
from server.media.worker.plumbing import Plumbing
from server.media.worker.room_audio import Heard, RoomAudio
from server.media.worker.transport import Transport


class Router:
    """Knows what belongs together; closing it closes all of that."""

    def __init__(self, plumbing: Plumbing, on_heard: Callable[[Heard], None]) -> None:
        self.transports: dict[str, Transport] = {}
        self.inlets: dict[str, Inlet] = {}
        """Transports of other workers."""
        self.audio = RoomAudio(plumbing, on_heard)

    def consume(self, command: Consume) -> Consumer:
        """Send a producer's stream to another transport. Raises `NotFoundError` for what is not of this router."""
        transport = self.transports.get(command.transport_id)
        origin = command.producer_transport_id
        source = self.transports.get(origin) or self.inlets.get(origin)
        producer = source.producers.get(command.producer_id) if source is not None else None
        if transport is None or producer is None:
            raise NotFoundError("no such transport or producer")
        return transport.consume(command.consumer_id, producer, command.stream)

    def close(self) -> None:
        """Close every transport. Idempotent."""
        for transport in list(self.transports.values()):
            transport.close()
        for inlet in list(self.inlets.values()):
            inlet.close()
