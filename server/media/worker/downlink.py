"""A subscriber's line: what it is estimated to carry, divided among the pictures that its page wants.

The estimate (REMB) comes from how evenly packets arrive. Where they do not, because the line is a radio or the browser
is short of CPU, it falls without end. So what has been carried for a while, and did not fill the line, counts as
carried, whatever the estimate says; and where the estimate is proven wrong in that way, we go on without it.
"""

from collections.abc import Collection
from math import inf

from server.media.worker.allocation import Allocation, Allocator, Priority, WantedStream
from server.media.worker.congestion import LESS, LITTLE, LONG_QUEUE_S, LOSSY, PROOF_TICKS, Condition, Congestion
from server.media.worker.consumer import Consumer

ESTIMATE_LIFETIME_S = 5.0
"""An estimate is forgotten after so long without a new one."""
_INTERVAL_S = 1.0
_MIN_INTERVAL_S = 0.2
"""Between two divisions because of estimates; browsers send one a second."""
PROVEN_S = 2.0
"""What a line has carried for so long without being full, it carries."""
MORE = 1.2
"""Of what was sent: something else, and no picture that moves."""
NOISE = 1.1
"""A picture that takes so many times as much as before is the same picture."""
LOWER_S = PROOF_TICKS
"""After what is sent has become less, so long for the reports to tell whether it has helped."""
FORGETTING = 0.05
"""Of what was proven and is not sent any more, each second."""
PROBE_S = 6.0
"""What a line has carried for so long although the estimate was less, it may carry more of."""
PROBE_SHARE = 1.25
BETTER = 0.5
"""Of the loss that a line had at its worst: then it is another line, on which other things succeed."""
BAD_LOSS = 0.05


class Downlink:
    """Gives each consumer of a transport the largest layer that it may forward, or none."""

    def __init__(self) -> None:
        self._allocator = Allocator()
        self._estimate: tuple[int, float] | None = None
        self._allocated_at = 0.0
        self._allocation = Allocation({}, {}, is_trial=False)
        self._steady = self._proven = 0
        """Bits a second, in the allocation's prices."""
        self._arrives = False
        """Whether what is being sent was found to arrive."""
        self._steady_since = 0.0
        """Since when not much more has been sent, and the line was not full."""
        self._lowered_at = -inf
        self._videos = 0
        self._congestion = Congestion()
        self._is_full = False
        self._full_since = 0.0
        self._worst_loss = 0.0
        """The line's own, since failures were forgotten."""
        self.is_lossy = False
        """Whether much was lost lately, and not in a long queue: what is sent again may well be lost, too."""

    def on_estimate(self, bitrate: int, consumers: Collection[Consumer], now: float) -> None:
        """Take note of the subscriber's own estimate, in bits a second (REMB). Of many at once the last one counts."""
        is_first, self._estimate = self._estimate is None, (bitrate, now)
        if is_first or now - self._allocated_at >= _MIN_INTERVAL_S:
            self.allocate(consumers, now)

    def on_moved(self) -> None:
        """Take note that packets go another way: nothing is known of it."""
        self._congestion = Congestion()
        self._worst_loss = 0.0
        self._steady = self._proven = 0
        self._estimate, self._arrives, self.is_lossy = None, False, False
        self._allocator.forget_failures()

    def tick(self, consumers: Collection[Consumer], condition: Condition, now: float) -> None:
        """Divide anew, unless an estimate has just caused it: call this once a second."""
        carried = self._carried(consumers)
        self._videos = sum(consumer.first is not None and consumer.producer.is_video for consumer in consumers)
        was_full, self._is_full = self._is_full, self._congestion.is_full(condition, carried)
        if self._is_full and not was_full:
            self._full_since = now
        self._arrives = condition.loss is not None and not self._is_full
        self.is_lossy = (condition.loss or 0.0) > LOSSY and condition.queue_s <= LONG_QUEUE_S
        if carried > MORE * self._steady:
            self._steady, self._steady_since = carried, now
        if self._is_full:
            self._steady_since = now
            self._lower(carried, condition, now)
        elif self._arrives and now - self._steady_since >= PROVEN_S:
            self._steady = carried
            self._proven = max(carried, int(self._proven + FORGETTING * (carried - self._proven)))
        self._look_for_another_line()
        if now - self._allocated_at >= _INTERVAL_S:
            self.allocate(consumers, now)

    def _lower(self, carried: int, condition: Condition, now: float) -> None:
        """Take note that the line is full. What is beyond the proven is to blame, if anything is."""
        if carried > MORE * self._proven:
            self._lowered_at = now
        elif now - self._lowered_at >= LOWER_S:
            least = 0 if condition.queue_s > LONG_QUEUE_S else min(self._proven, LITTLE)
            self._proven, self._lowered_at = max(int(LESS * self._proven), least), now

    def _carried(self, consumers: Collection[Consumer], *, most: bool = False) -> int:
        """Return what is really being sent, at the prices of the allocation: they change less than pictures do.

        `most`: at the prices of now, where these are higher. A picture that has begun to move has been sent so already.
        """
        costs, layers, carried = self._allocation.costs, self._allocation.layers, 0
        for consumer in consumers:
            if not (consumer.producer.is_video and consumer.bitrate and consumer.layer is not None):
                continue
            is_as_allocated = consumer.layer.index == layers.get(consumer.consumer_id)
            price = costs[consumer.consumer_id] if is_as_allocated else consumer.bitrate
            carried += max(price, consumer.price) if most else price
        return carried

    def _look_for_another_line(self) -> None:
        """Forget failures when the losses that they came of turned out to be the line's own, or are over."""
        own_loss = self._congestion.own_loss
        is_worse = own_loss > max(BAD_LOSS, self._worst_loss / BETTER)
        is_better = self._worst_loss > BAD_LOSS and own_loss < BETTER * self._worst_loss
        if is_worse or is_better:
            self._worst_loss = own_loss
            self._allocator.forget_failures()

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
        carried = int(MORE * self._carried(consumers, most=True)) if self._arrives else 0
        if estimate is not None:
            is_probing = not self._is_full and now - self._steady_since >= PROBE_S
            least = (PROBE_SHARE if is_probing else NOISE) * self._proven
            estimate = int(max(estimate, least, carried))
        wishes = [_wish(consumer) for consumer in wanted.values()]
        allocation = self._allocator.allocate(estimate, wishes, now, is_full=self._is_full, carried=carried)
        self._allocation = allocation
        for consumer_id, layer in allocation.layers.items():
            wanted[consumer_id].allow(layer, is_thin=consumer_id in allocation.thin)

    def share(self, now: float) -> int | None:
        """Return how many bits a second the subscriber can take of each video that it gets, if it has told."""
        estimate = self._fresh_estimate(now)
        return estimate // max(1, self._videos) if estimate is not None else None

    def _fresh_estimate(self, now: float) -> int | None:
        """Return the subscriber's estimate, or less when the line has been full for a while in spite of it.

        The estimate looks for queues: where packets are dropped without one, it grows to more than arrives.
        """
        if self._estimate is None or now - self._estimate[1] > ESTIMATE_LIFETIME_S:
            return None
        if not self._is_full or now - self._full_since < LOWER_S:
            return self._estimate[0]
        return int(min(self._estimate[0], max(self._proven, self._congestion.bearable)))


def _wish(consumer: Consumer) -> WantedStream:
    layers = consumer.producer.layers
    return WantedStream(
        stream_id=consumer.consumer_id,
        bitrates=tuple(layer.price for layer in layers),
        base_bitrate=layers[0].base_price if layers[0].top_temporal_layer else None,
        top_layer=min(consumer.max_layer, len(layers) - 1),
        priority=Priority.STAGE if consumer.is_large else Priority.THUMBNAIL,
        is_screen=consumer.producer.stream.is_screen,
    )
