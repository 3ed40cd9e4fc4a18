"""A producer's way to one other worker, for the subscribers there: every packet goes there once, decrypted."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from server.media.worker.group import Packet
from server.media.worker.listening import Loss
from server.media.worker.pipe_records import KeyframeWanted, Message, SenderReported, Wanted
from server.media.worker.pipe_socket import Link
from server.media.worker.rtcp import SenderReport
from server.media.worker.rtp import addressed, subscriber_prefix

if TYPE_CHECKING:
    from server.media.worker.producer import Producer

_PREFIX = subscriber_prefix(0, "pipe")
"""Only so that it is a header that can be parsed."""


class Outlet:
    """`on_closed` is called once. All layers that the publisher sends pass."""

    def __init__(self, producer: "Producer", pipe: int, link: Link, on_closed: Callable[["Outlet"], None]) -> None:
        self.producer = producer
        self.pipe = pipe
        self.link = link
        self.layers_wanted = 0
        """How many layers somebody over there wants."""
        self.shares: list[int] = []
        """What the subscribers there can take, in bits a second: those of video without layers."""
        self.loss = Loss()
        """What listeners over there lose."""
        self._on_closed = on_closed
        producer.outlets.append(self)
        for layer in producer.layers:
            if layer.last_sender_report is not None:
                self.put_report(layer.index, layer.last_sender_report)

    def put(self, layer: int, packet: Packet) -> None:
        """Pass on a packet, with the header that all subscribers get."""
        data = addressed(packet.data, sequence=packet.sequence, timestamp=packet.timestamp, prefix=_PREFIX)
        self.link.put(self.pipe, layer, data)

    def put_report(self, layer: int, report: SenderReport) -> None:
        """Pass on what the publisher tells of its clock."""
        self.link.tell(self.pipe, SenderReported(layer, report.ntp, report.timestamp))

    def on_message(self, message: Message) -> None:
        """Take what the other worker tells."""
        match message:
            case KeyframeWanted(layer=layer) if 0 <= layer < len(self.producer.layers):
                self.producer.request_keyframe(self.producer.layers[layer])
            case Wanted(layers=layers, shares=shares, loss=loss, listeners=listeners):
                self.shares, self.loss = shares, Loss(loss, listeners)
                if layers != self.layers_wanted:
                    self.layers_wanted = layers
                    self.producer.retarget()

    def close(self) -> None:
        """Pass on nothing more. Idempotent."""
        if self in self.producer.outlets:
            self.producer.outlets.remove(self)
            self._on_closed(self)
