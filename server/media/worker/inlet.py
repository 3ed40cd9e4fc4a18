"""A transport of another worker, as it is seen here: what is produced there can be consumed here."""

from collections.abc import Callable

from msgspec.structs import replace

from server.media.messages import AUDIO_LEVEL_ID, ORIENTATION_ID, ProducerStream
from server.media.rpc import NotFoundError, RpcError
from server.media.worker import rtp
from server.media.worker.layer import Layer
from server.media.worker.pipe_records import KeyframeWanted, Message, SenderReported, Wanted
from server.media.worker.pipe_socket import Link
from server.media.worker.plumbing import Plumbing
from server.media.worker.producer import Producer
from server.media.worker.room_audio import RoomAudio
from server.media.worker.rtcp import SenderReport
from server.media.worker.udp import MAX_DATAGRAM_BYTES, RECEIVE_AT


class Inlet:
    """Has the name of the transport there, which asks for what is missing, and passes on once what comes.

    `on_pipe_closed` is called for each producer that is closed, then `on_closed` when it was the last one.
    """

    def __init__(
        self,
        transport_id: str,
        group: str,
        audio: RoomAudio,
        link: Link,
        plumbing: Plumbing,
        on_pipe_closed: Callable[[int], None],
        on_closed: Callable[["Inlet"], None],
    ) -> None:
        self.transport_id = transport_id
        self.group = group
        self.audio = audio
        self.request_again = None
        self.link = link
        self.producers: dict[str, Producer] = {}
        self._pipes: dict[str, int] = {}
        """Of each producer."""
        self._plumbing = plumbing
        self._on_pipe_closed = on_pipe_closed
        self._on_closed = on_closed
        self._ticked_at = plumbing.clock()

    def produce(self, producer_id: str, stream: ProducerStream, pipe: int, *, is_paused: bool) -> Producer:
        """Accept a stream from a pipe. Raises `RpcError` when it has been accepted before."""
        if producer_id in self.producers:
            raise RpcError("the producer exists")
        producer = Producer(producer_id, self, _as_piped(stream), self._plumbing, is_paused=is_paused)
        producer.layers_wanted = 0  # as the other worker takes it, until somebody here wants more
        self.producers[producer_id] = producer
        self._pipes[producer_id] = pipe
        self.audio.follow(producer)
        return producer

    def producer(self, producer_id: str) -> Producer:
        """Return one of the producers. Raises `NotFoundError`."""
        if (producer := self.producers.get(producer_id)) is None:
            raise NotFoundError("no such producer")
        return producer

    def close_producer(self, producer_id: str) -> None:
        """Close a producer with its consumers. Idempotent."""
        if (producer := self.producers.pop(producer_id, None)) is None:
            return
        self.audio.remove(producer_id)
        for consumer in list(producer.consumers.values()):
            consumer.transport.close_consumer(consumer.consumer_id)
        producer.close()
        self._on_pipe_closed(self._pipes.pop(producer_id))
        if not self.producers:
            self._on_closed(self)

    def close(self) -> None:
        """Close every producer. Idempotent."""
        for producer_id in list(self.producers):
            self.close_producer(producer_id)

    def receive(self, producer: Producer, index: int, packet: memoryview) -> bool:
        """Take an RTP packet of a layer; false when it is none."""
        size = len(packet)
        if index >= len(producer.layers) or size > MAX_DATAGRAM_BYTES:
            return False
        view = self._plumbing.udp.buffer.view
        view[RECEIVE_AT : RECEIVE_AT + size] = packet
        header = rtp.parse_header(view[RECEIVE_AT:], size)
        if header is None:
            return False
        producer.layers[index].receive(header, self._plumbing.clock())
        return True

    def on_message(self, producer: Producer, message: Message) -> None:
        """Take what the other worker tells."""
        match message:
            case SenderReported(layer=index, ntp=ntp, timestamp=timestamp) if 0 <= index < len(producer.layers):
                report = SenderReport(ssrc=0, ntp=ntp & (1 << 64) - 1, timestamp=timestamp, packets=0, octets=0)
                producer.layers[index].on_sender_report(report, self._plumbing.clock())

    def request_keyframe(self, layer: Layer) -> None:
        """Have the other worker ask for it."""
        self.link.tell(self._pipes[layer.producer.producer_id], KeyframeWanted(layer.index))

    def tell_layers_wanted(self, producer: Producer) -> None:
        """Tell the other worker what somebody here wants, and can take."""
        if producer.is_video:
            wanted = Wanted(producer.layers_wanted, shares=producer.shares(self._plumbing.clock()))
        else:
            is_consumed = any(not consumer.is_paused for consumer in producer.consumers.values())
            loss, listeners = producer.loss  # in the slots it is heard unasked
            wanted = Wanted(int(is_consumed), loss=loss, listeners=listeners)
        self.link.tell(self._pipes[producer.producer_id], wanted)

    def tick(self, now: float) -> None:
        """Do what is due every second."""
        elapsed_s, self._ticked_at = max(0.001, now - self._ticked_at), now
        for producer in self.producers.values():
            producer.tick(elapsed_s)
        for producer in self.producers.values():
            self.tell_layers_wanted(producer)


def _as_piped(stream: ProducerStream) -> ProducerStream:
    """Return how a stream comes out of a pipe: with the header that all subscribers get."""
    return replace(
        stream,
        payload_type=stream.forwarded_payload_type,
        audio_level_extension=AUDIO_LEVEL_ID,
        orientation_extension=ORIENTATION_ID,
    )
