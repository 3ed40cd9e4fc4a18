"""A subscriber's line: what it is estimated to carry, divided among the pictures that its page wants.

The estimate (REMB) comes from how evenly packets arrive, and a browser that is short of CPU takes its own stutter for a
line that is full. So what has been carried for a while without losses and without a queue counts as carried, whatever
the estimate says.
"""

from collections.abc import Collection

from server.media.worker.allocation import Allocator, Priority, WantedStream
from server.media.worker.consumer import Consumer

ESTIMATE_LIFETIME_S = 5.0
"""An estimate is forgotten after so long without a new one."""
_INTERVAL_S = 1.0
PROVEN_S = 2.0
"""What a line has carried for so long without trouble, it carries."""


class Downlink:
    """Gives each consumer of a transport the largest layer that it may forward, or none."""

    def __init__(self) -> None:
        self._allocator = Allocator()
        self._estimate: tuple[int, float] | None = None
        self._allocated_at = 0.0
        self._sent = 0
        """Bits a second, as allocated last."""
        self._sent_since: float | None = None
        """Since when it has been no more, without trouble; `None` while there is trouble."""
        self._proven = 0

    def on_estimate(self, bitrate: int, consumers: Collection[Consumer], now: float) -> None:
        """Take note of the subscriber's own estimate, in bits a second (REMB)."""
        self._estimate = (bitrate, now)
        self.allocate(consumers, now)

    def tick(self, consumers: Collection[Consumer], now: float, *, is_troubled: bool) -> None:
        """Divide anew, unless an estimate has just caused it: call this once a second."""
        if is_troubled:
            self._sent_since, self._proven = None, 0
        elif self._sent_since is None:
            self._sent_since = now
        elif now - self._sent_since >= PROVEN_S:
            self._proven = self._sent
        if now - self._allocated_at >= _INTERVAL_S:
            self.allocate(consumers, now)

    def allocate(self, consumers: Collection[Consumer], now: float) -> None:
        """Divide the line among those that are wanted, the important ones first."""
        self._allocated_at = now
        wanted = {
            consumer.consumer_id: consumer
            for consumer in consumers
            if consumer.producer.is_video and consumer.is_wanted
        }
        # Chrome's estimate without transport-cc is of video alone: no audio comes off it.
        estimate = self._fresh_estimate(now)
        if estimate is not None:
            estimate = max(estimate, self._proven)
        wishes = [_wish(consumer) for consumer in wanted.values()]
        allocation = self._allocator.allocate(estimate, 0, wishes, now)
        if allocation.bitrate > self._sent and self._sent_since is not None:
            self._sent_since = now
        self._sent = allocation.bitrate
        for consumer_id, layer in allocation.layers.items():
            wanted[consumer_id].allow(layer, is_thin=consumer_id in allocation.thin)

    def share(self, consumers: Collection[Consumer], now: float) -> int | None:
        """Return how many bits a second the subscriber can take of each video that it gets, if it has told."""
        estimate = self._fresh_estimate(now)
        if estimate is None:
            return None
        videos = sum(c.first is not None and c.producer.is_video for c in consumers)
        return estimate // max(1, videos)

    def _fresh_estimate(self, now: float) -> int | None:
        if self._estimate is None or now - self._estimate[1] > ESTIMATE_LIFETIME_S:
            return None
        return self._estimate[0]


def _wish(consumer: Consumer) -> WantedStream:
    layers = consumer.producer.layers
    return WantedStream(
        stream_id=consumer.consumer_id,
        bitrates=tuple(layer.bitrate for layer in layers),
        base_bitrate=layers[0].base_bitrate if layers[0].top_temporal_layer else None,
        top_layer=min(consumer.max_layer, len(layers) - 1),
        priority=Priority.STAGE if consumer.is_large else Priority.THUMBNAIL,
        is_screen=consumer.producer.stream.is_screen,
    )
