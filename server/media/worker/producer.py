"""A publisher's track: its layers, and who gets which of them."""

from typing import TYPE_CHECKING

from protocol.rtp import MAX_LAYERS, MediaKind
from server.media.messages import ProducerStream
from server.media.worker.consumer import Consumer
from server.media.worker.continuity import Position
from server.media.worker.layer import Layer
from server.media.worker.listening import Loss, decisive_loss
from server.media.worker.plumbing import Plumbing
from server.media.worker.upstream import Upstream

if TYPE_CHECKING:
    from server.media.worker.outlet import Outlet

LINGER_TICKS = 3
"""A layer that nobody wants any more is wanted for so much longer, so that a look aside costs no keyframe."""


class Producer:
    """A consumer of layered video gets the largest layer that it has a use for and that is being sent."""

    def __init__(
        self,
        producer_id: str,
        transport: Upstream,
        stream: ProducerStream,
        plumbing: Plumbing,
        *,
        is_paused: bool,
    ) -> None:
        self.producer_id = producer_id
        self.transport = transport
        self.stream = stream
        self.is_paused = is_paused
        self.is_video = stream.kind is MediaKind.VIDEO
        self.is_layered = len(stream.encodings) > 1
        self.consumers: dict[str, Consumer] = {}
        self.outlets: list[Outlet] = []
        """The ways to other workers, where somebody consumes it, too."""
        self.may_be_heard = False
        """Of sound: whether it is, or may soon be, in an audio slot of any worker."""
        self.layers = [Layer(self, index, encoding, plumbing) for index, encoding in enumerate(stream.encodings)]
        self.layers_wanted = len(self.layers)
        """What the publisher was told last."""
        self._unwanted_ticks = 0

    def request_keyframe(self, layer: Layer | None = None) -> None:
        """Ask the publisher for a keyframe of `layer`, or of whatever it sends."""
        if layer is not None:
            layer.request_keyframe()
            return
        for each in self.layers:
            if each.is_live or not self.is_layered:
                each.request_keyframe()

    def set_paused(self, is_paused: bool) -> None:
        """Forward no more, or again."""
        if is_paused == self.is_paused:
            return
        self.is_paused = is_paused
        self.transport.audio.follow(self)
        self.refresh()
        if not is_paused:
            self.request_keyframe()

    def refresh(self) -> None:
        """Take note that a consumer came, went, was paused or resumed, or that its transport changed.

        Those that are not forwarded to stop at once; those that are start with the next packet, or keyframe.
        """
        for layer in self.layers:
            layer.refresh()
        for consumer in self.consumers.values():
            if not consumer.is_forwarding:
                consumer.stop()
        self.retarget()

    def retarget(self) -> None:
        """Choose a layer for everybody anew."""
        if self.is_layered:
            best = [self._best_layer(maximum) for maximum in range(MAX_LAYERS)]
            for consumer in self.consumers.values():
                self._aim(consumer, best[consumer.largest_layer])
        self._tell_wanted(at_least=True)

    def retarget_one(self, consumer: Consumer) -> None:
        """Choose a layer for one of the consumers, who wants, or may have, another."""
        if self.is_layered:
            self._aim(consumer, self._best_layer(consumer.largest_layer))
        if consumer.max_layer >= self.layers_wanted:
            self._tell_wanted(at_least=True)

    def start_all(self, layer: Layer, first: int) -> None:
        """Forward the only layer to everybody from its packet `first` on."""
        for consumer in self.consumers.values():
            if consumer.is_forwarding:
                consumer.start(layer, first)

    def on_keyframe(self, layer: Layer, first: Position, now: float) -> None:
        """Let those change over to `layer` who wait for it; its keyframe begins with the packet `first`."""
        for consumer in self.consumers.values():
            if consumer.layer is layer or not consumer.is_forwarding or consumer.target_layer not in (layer, None):
                continue
            for each in (consumer.layer, layer):
                if each is not None:
                    each.refresh()
            consumer.switch(layer, first, now)

    def on_smallest_frame(self) -> None:
        """Take note of a frame of the smallest layer: a larger one that is silent meanwhile is sent no more."""
        for layer in self.layers[1:]:
            if layer.misses_frame():
                self.retarget()

    def remove(self, consumer: Consumer) -> None:
        """Forget a consumer. Idempotent."""
        for layer in self.layers:
            layer.refresh()
        self.consumers.pop(consumer.consumer_id, None)
        consumer.stop()

    def tick(self, elapsed_s: float) -> None:
        """Do what is due every second."""
        for layer in self.layers:
            layer.tick(elapsed_s)
        self.retarget()
        self._tell_wanted(at_least=False)
        if self.is_layered:
            for consumer in self.consumers.values():
                target = consumer.target_layer
                is_waiting = consumer.is_forwarding and consumer.layer is not target
                if is_waiting and target is not None and not target.awaits_keyframe:
                    consumer.request_keyframe()  # all requests may have been lost

    @property
    def loss(self) -> Loss:
        """What listeners lose of a sound."""
        if self.is_video:
            return Loss()
        own = [consumer.reported.loss for consumer in self.consumers.values()]
        return decisive_loss([self.transport.audio.loss, *own, *(outlet.loss for outlet in self.outlets)])

    @property
    def worst_loss(self) -> int:
        """What a sound is to be protected against, in 1/256."""
        return self.loss.fraction

    def shares(self, now: float) -> list[int]:
        """Return what subscribers can take of it, in bits a second: nothing with layers, of which each gets its own."""
        if self.is_layered:
            return []
        consumers = [consumer for consumer in self.consumers.values() if consumer.first is not None]
        shares = [share for consumer in consumers if (share := consumer.transport.share(now)) is not None]
        return shares + [share for outlet in self.outlets for share in outlet.shares]

    def close(self) -> None:
        """Stop the timers and let go of everything. Idempotent."""
        for outlet in list(self.outlets):
            outlet.close()
        for layer in self.layers:
            layer.close()
        self.consumers.clear()

    def _aim(self, consumer: Consumer, target: Layer | None) -> None:
        if consumer.is_forwarding and target is not consumer.target_layer:
            consumer.target_layer = target
            if target is not consumer.layer:
                consumer.request_keyframe()

    def _best_layer(self, maximum: int) -> Layer | None:
        live = [layer for layer in self.layers if layer.is_live]
        fitting = [layer for layer in live if layer.index <= maximum and layer.is_steady]
        return fitting[-1] if fitting else live[0] if live else None

    def _tell_wanted(self, *, at_least: bool) -> None:
        """Tell the publisher how many layers somebody wants: more at once, fewer after a while."""
        if not self.is_video:
            return
        wants = [c.max_layer + 1 for c in self.consumers.values() if not c.is_paused]
        wants += [outlet.layers_wanted for outlet in self.outlets]
        wanted = min(max(wants, default=0), len(self.layers))
        if wanted > self.layers_wanted:
            self._unwanted_ticks = 0
        elif at_least:
            return
        elif wanted == self.layers_wanted:
            self._unwanted_ticks = 0
            return
        else:
            self._unwanted_ticks += 1
            if self._unwanted_ticks < LINGER_TICKS:
                return
        self._unwanted_ticks = 0
        self.layers_wanted = wanted
        self.transport.tell_layers_wanted(self)
