"""A producer's way to one other worker, for the subscribers there: what they want goes there once, decrypted."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from server.media.worker.arrangement import Packet
from server.media.worker.listening import Loss
from server.media.worker.pipe_records import KeyframeWanted, Message, SenderReported, Wanted
from server.media.worker.pipe_socket import Link
from server.media.worker.rtcp import SenderReport
from server.media.worker.rtp import addressed, subscriber_prefix

if TYPE_CHECKING:
    from server.media.worker.producer import Producer

_PREFIX = subscriber_prefix(0, "pipe")
"""Only so that it is a header that can be parsed."""


class Course:
    """A layer's sequence numbers over there: they go on without a gap over what nobody there wanted."""

    __slots__ = ("_first", "_newest", "_shift")

    def __init__(self) -> None:
        self._first: int | None = None
        """Since when packets pass, while they do."""
        self._newest = self._shift = 0

    def pause(self) -> None:
        """Take note that a packet does not pass."""
        self._first = None

    def number(self, sequence: int) -> int | None:
        """Return the number of a packet that is to pass; `None` when it belongs before what did not."""
        if self._first is None:
            if sequence <= self._newest:
                return None
            self._shift += sequence - self._newest - 1
            self._first = sequence
        elif sequence < self._first:
            return None
        self._newest = max(self._newest, sequence)
        return sequence - self._shift


class Outlet:
    """`on_closed` is called once. The layers of a picture pass that somebody there wants; sound, if it may be heard."""

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
        self._courses = [Course() for _ in producer.layers]
        self._on_closed = on_closed
        producer.outlets.append(self)
        for layer in producer.layers:
            if layer.last_sender_report is not None:
                self.put_report(layer.index, layer.last_sender_report)

    def put(self, layer: int, packet: Packet) -> None:
        """Pass on a packet with the header that all subscribers get, if it is any use over there."""
        course = self._courses[layer]
        if layer >= self.layers_wanted and not self.producer.may_be_heard:
            course.pause()
            return
        number = course.number(packet.sequence)
        if number is None:
            return
        data = addressed(packet.data, sequence=number, timestamp=packet.timestamp, prefix=_PREFIX)
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
