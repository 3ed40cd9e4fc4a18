"""The workers of one meeting: its home and, when that is full, others, to which what is consumed there is piped.

A page has both its transports on one worker. Every sound goes to all of the meeting's workers, which choose among the
speakers each by itself; a picture goes to another worker with the first page there that receives it, until some
seconds after the last one.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from protocol.rtp import MediaKind
from server.media import messages as m
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.media.supervisor import Supervisor
from server.media.worker_process import RouterOwner, WorkerProcess

BUSY = 0.75
"""Of a core: who comes now is better off elsewhere."""
CLEARLY_LESS = 0.75
"""Another worker must have at most so much of the load: each further one costs a copy of every stream."""
RELEASE_S = 5.0
"""A picture that nobody on a worker receives any more stays there for so long: pages of tiles are turned back."""


@dataclass(slots=True, eq=False)
class Share:
    """What a worker has of the meeting."""

    transports: int = 0
    speakers: m.SpeakersChanged | None = None
    """Who is heard by those on it, as it told last."""


@dataclass(slots=True, eq=False)
class _Pipe:
    """A producer's way to one other worker."""

    number: int
    consumers: set[str] = field(default_factory=set)
    """Those there, by id. In the audio slots it is heard without any."""
    ending: asyncio.TimerHandle | None = None

    def keep(self) -> None:
        """Do not end it. Idempotent."""
        if self.ending is not None:
            self.ending.cancel()
            self.ending = None


@dataclass(slots=True)
class _Led:
    """A producer, and the pipes by which it goes to other workers."""

    origin: WorkerProcess
    producer: MediaProducer
    stream: m.ProducerStream
    pipes: dict[WorkerProcess, _Pipe] = field(default_factory=dict)


def choose(used: Collection[WorkerProcess], others: Iterable[WorkerProcess], span_at: int) -> WorkerProcess:
    """Return where to put one more page of a meeting that has workers already, the home first."""
    for worker in used:
        if not _is_full(worker, span_at):
            return worker
    least = min(used, key=_load)
    other = min((worker for worker in others if worker not in used), key=_load, default=least)
    is_less_used = _load(other) <= CLEARLY_LESS * _load(least)
    is_less_busy = least.busy > BUSY and other.busy <= CLEARLY_LESS * least.busy
    return other if not _is_full(other, span_at) and (is_less_used or is_less_busy) else least


def _is_full(worker: WorkerProcess, span_at: int) -> bool:
    return worker.transport_count >= span_at or worker.busy > BUSY


def _load(worker: WorkerProcess) -> int:
    return worker.transport_count + len(worker.routers)


class Span:
    """`open` and `close` for each epoch. Commands to a worker that is gone are lost with it."""

    def __init__(self, supervisor: Supervisor, owner: RouterOwner) -> None:
        self.shares: dict[WorkerProcess, Share] = {}
        """The home is the first one."""
        self.router_id = ""
        """On all of them."""
        self._supervisor = supervisor
        self._owner = owner
        self._places: dict[str, WorkerProcess] = {}
        """Of transports."""
        self._led: dict[str, _Led] = {}

    @property
    def home(self) -> WorkerProcess | None:
        """The worker that tells whoever is on none."""
        return next(iter(self.shares), None)

    def open(self, router_id: str) -> None:
        """Find a home, if there is a worker; else the owner is told as soon as there is one."""
        self.router_id = router_id
        home = self._supervisor.place(router_id, self._owner)
        if home is not None:
            self.shares[home] = Share()

    def close(self) -> None:
        """Free everything on all workers. Idempotent."""
        for worker in self.shares:
            worker.post(m.CloseRouter(router_id=self.router_id))
        self._supervisor.remove(self.router_id)
        for worker in self._places.values():
            worker.transport_count -= 1
        for led in self._led.values():
            for pipe in led.pipes.values():
                pipe.keep()
        self.shares.clear()
        self._places.clear()
        self._led.clear()

    def worker_of(self, transport: MediaTransport) -> WorkerProcess | None:
        """Return where a transport is; `None` when it is nowhere any more."""
        return self._places.get(transport.transport_id)

    def place(self, transport: MediaTransport) -> WorkerProcess | None:
        """Choose a worker for a new transport: that of its page's other one, if it has one; `None` without a home."""
        if not self.shares:
            return None
        placed = (self.worker_of(other) for other in transport.endpoint.transports.values())
        worker = next(filter(None, placed), None)
        if worker is None:
            worker = choose(self.shares, self._supervisor.workers, self._supervisor.span_at)
        self._places[transport.transport_id] = worker
        worker.transport_count += 1
        if worker not in self.shares:
            self._join(worker)
        self.shares[worker].transports += 1
        return worker

    def remove(self, transport: MediaTransport) -> None:
        """Forget a transport; its producers were removed before. Idempotent."""
        worker = self._places.pop(transport.transport_id, None)
        if worker is None:
            return
        worker.transport_count -= 1
        share = self.shares[worker]
        share.transports -= 1
        if not share.transports and worker is not self.home:
            self._leave(worker)

    def add_producer(self, producer: MediaProducer, stream: m.ProducerStream) -> None:
        """Take a producer in; a sound is heard on all workers from now on."""
        origin = self.worker_of(producer.transport)
        if origin is None:
            return
        self._led[producer.producer_id] = led = _Led(origin, producer, stream)
        if producer.kind is MediaKind.AUDIO:
            for worker in self.shares:
                self._lead(led, worker)

    def pause_producer(self, producer: MediaProducer) -> None:
        """Tell the other workers whether a producer is paused now."""
        for worker in self._copies(producer):
            worker.post(
                m.PauseProducer(
                    transport_id=producer.transport.transport_id,
                    producer_id=producer.producer_id,
                    is_paused=producer.is_paused,
                )
            )

    def remove_producer(self, producer: MediaProducer) -> None:
        """Close a producer on the other workers; on its own one that is the caller's. Idempotent."""
        for worker in self._copies(producer):
            worker.post(_closing(producer))
        if (led := self._led.pop(producer.producer_id, None)) is not None:
            for pipe in led.pipes.values():
                pipe.keep()

    def lead(self, consumer: MediaConsumer) -> None:
        """See to it that what is to be consumed is there, wherever that is."""
        if (way := self._way_to(consumer)) is None:
            return
        led, worker = way
        self._lead(led, worker)
        if (pipe := led.pipes.get(worker)) is not None:
            pipe.keep()
            pipe.consumers.add(consumer.consumer_id)

    def release(self, consumer: MediaConsumer) -> None:
        """Take note that a consumer is closed; its transport is not removed yet. Idempotent."""
        if (way := self._way_to(consumer)) is None:
            return
        led, worker = way
        if (pipe := led.pipes.get(worker)) is None:
            return
        pipe.consumers.discard(consumer.consumer_id)
        if led.producer.kind is MediaKind.VIDEO and not pipe.consumers and pipe.ending is None:
            pipe.ending = asyncio.get_running_loop().call_later(RELEASE_S, self._end_pipe, led, worker)

    def _way_to(self, consumer: MediaConsumer) -> tuple[_Led, WorkerProcess] | None:
        led = self._led.get(consumer.producer.producer_id) if consumer.producer is not None else None
        worker = self.worker_of(consumer.transport)
        return (led, worker) if led is not None and worker is not None else None

    def _end_pipe(self, led: _Led, worker: WorkerProcess) -> None:
        pipe = led.pipes.pop(worker)
        led.origin.post(m.ClosePipe(pipe=pipe.number))
        worker.post(_closing(led.producer))

    def _copies(self, producer: MediaProducer) -> Collection[WorkerProcess]:
        led = self._led.get(producer.producer_id)
        return led.pipes.keys() if led is not None else ()

    def _lead(self, led: _Led, worker: WorkerProcess) -> None:
        if worker is led.origin or worker in led.pipes:
            return
        producer, transport = led.producer, led.producer.transport
        number = self._supervisor.take_pipe()
        led.pipes[worker] = _Pipe(number)
        worker.post(
            m.ProducePiped(
                router_id=self.router_id,
                transport_id=transport.transport_id,
                group=producer.participant_id,
                producer_id=producer.producer_id,
                stream=led.stream,
                is_paused=producer.is_paused,
                pipe=number,
                origin=led.origin.pipe_address,
            )
        )
        led.origin.post(
            m.PipeProducer(
                transport_id=transport.transport_id,
                producer_id=producer.producer_id,
                pipe=number,
                to=worker.pipe_address,
            )
        )

    def _join(self, worker: WorkerProcess) -> None:
        self.shares[worker] = Share()
        worker.routers[self.router_id] = self._owner
        for led in self._led.values():
            if led.producer.kind is MediaKind.AUDIO:
                self._lead(led, worker)

    def _leave(self, worker: WorkerProcess) -> None:
        """Let go of a worker that none of the meeting's pages is on any more."""
        del self.shares[worker]
        worker.routers.pop(self.router_id, None)
        for led in self._led.values():
            if (pipe := led.pipes.pop(worker, None)) is not None:
                pipe.keep()
                led.origin.post(m.ClosePipe(pipe=pipe.number))
        worker.post(m.CloseRouter(router_id=self.router_id))


def _closing(producer: MediaProducer) -> m.CloseProducer:
    return m.CloseProducer(transport_id=producer.transport.transport_id, producer_id=producer.producer_id)
