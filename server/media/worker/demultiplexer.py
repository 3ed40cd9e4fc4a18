"""Whose stream a packet of a publisher is: by its SSRC, and by MID and RID as long as that is unknown."""

from collections.abc import Callable

from server.media.messages import ProducerStream
from server.media.rpc import RpcError
from server.media.worker import rtp
from server.media.worker.layer import Layer
from server.media.worker.producer import Producer
from server.media.worker.rtp import RtpHeader

MAX_STRAY_PACKETS_PER_S = 200
"""Decrypted for nothing: packets with an unknown SSRC of a page that names its streams by MID."""

Receive = Callable[[RtpHeader, float], None]


class Demultiplexer:
    """Knows the streams of a transport's producers."""

    def __init__(self) -> None:
        self.streams: dict[int, tuple[Layer, Receive]] = {}
        """By SSRC: the layer, and what takes its packets there."""
        self._producers: dict[str, Producer] = {}
        self._stray_packets = 0

    def require_unused(self, stream: ProducerStream, *, replaces: str | None = None) -> None:
        """Raise `RpcError` when a producer, other than the one that it `replaces`, has its SSRC or MID."""
        others = [other for other in self._producers.values() if other.producer_id != replaces]
        used = {ssrc for other in others for layer in other.layers for ssrc in (layer.ssrc, layer.rtx_ssrc)} - {None}
        if not used.isdisjoint(ssrc for encoding in stream.encodings for ssrc in (encoding.ssrc, encoding.rtx_ssrc)):
            raise RpcError("the SSRC is in use")
        if stream.mid is not None and any(other.stream.mid == stream.mid for other in others):
            raise RpcError("the MID is in use")

    def add(self, producer: Producer) -> None:
        """Take packets for a producer from now on."""
        self._producers[producer.producer_id] = producer
        for layer in producer.layers:
            if layer.ssrc is not None:
                self.streams[layer.ssrc] = (layer, layer.receive)
            if layer.rtx_ssrc is not None:
                self.streams[layer.rtx_ssrc] = (layer, layer.receive_retransmission)

    def remove(self, producer: Producer) -> list[int]:
        """Take no more packets for a producer; return its SSRCs."""
        del self._producers[producer.producer_id]
        ssrcs = [ssrc for layer in producer.layers for ssrc in (layer.ssrc, layer.rtx_ssrc) if ssrc is not None]
        for ssrc in ssrcs:
            self.streams.pop(ssrc, None)
        return ssrcs

    def tick(self) -> None:
        """Allow as many stray packets again as there may be in a second."""
        self._stray_packets = 0

    def may_bind(self) -> bool:
        """Whether it is worth decrypting a packet with an unknown SSRC."""
        return self._stray_packets < MAX_STRAY_PACKETS_PER_S and any(
            layer.ssrc is None or (producer.stream.rtx_payload_type is not None and layer.rtx_ssrc is None)
            for producer in self._producers.values()
            for layer in producer.layers
        )

    def bind(self, packet: memoryview, header: RtpHeader | None) -> tuple[Layer, Receive] | None:
        """Find out by MID and RID whose stream a packet with an unknown SSRC is (RFC 8843 section 9.2, RFC 8852).

        One without a `header`, which is malformed, is nobody's.
        """
        self._stray_packets += 1
        if header is None:
            return None
        for producer in self._producers.values():
            stream = producer.stream
            if stream.mid is None or stream.mid_extension is None:
                continue
            if rtp.read_extension(packet, header, stream.mid_extension) != stream.mid.encode():
                continue
            if header.payload_type == stream.payload_type:
                layer = _layer_by_rid(producer, packet, header, stream.rid_extension)
                if layer is not None and layer.ssrc is None:
                    layer.ssrc = header.ssrc
                    self.streams[header.ssrc] = (layer, layer.receive)
            elif header.payload_type == stream.rtx_payload_type:
                layer = _layer_by_rid(producer, packet, header, stream.repaired_rid_extension)
                if layer is not None and layer.rtx_ssrc is None:
                    layer.rtx_ssrc = header.ssrc
                    self.streams[header.ssrc] = (layer, layer.receive_retransmission)
            return self.streams.get(header.ssrc)
        return None


def _layer_by_rid(producer: Producer, packet: memoryview, header: RtpHeader, extension: int | None) -> Layer | None:
    if not producer.is_layered:
        return producer.layers[0]
    rid = rtp.read_extension(packet, header, extension) if extension is not None else None
    return next(
        (layer for layer in producer.layers if rid and layer.rid is not None and layer.rid.encode() == rid), None
    )
