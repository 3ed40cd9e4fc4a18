"""Figures for Prometheus: read from those who know them when somebody asks, except what only shows in passing.

Nothing here names a person or a room.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

_JOIN_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_HEARTBEAT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
LAG_SAMPLE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many rooms, people and connections are live on this node, and how many tasks its event loop has."""

    rooms: int
    participants: int
    connections: int
    tasks: int


class Distribution(Protocol):
    """How many observations lie up to and including each of the bounds, the last one above them all, and their sum."""

    @property
    def bounds(self) -> Sequence[float]: ...  # noqa: D102 - the names say it
    @property
    def counts(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def total(self) -> float: ...  # noqa: D102


class MediaWorkerFigures(Protocol):
    """What a media worker reports of itself. Totals begin at 0 when it is restarted."""

    @property
    def port(self) -> int: ...  # noqa: D102 - the names say it
    @property
    def packets_in(self) -> int: ...  # noqa: D102
    @property
    def packets_out(self) -> int: ...  # noqa: D102
    @property
    def bytes_in(self) -> int: ...  # noqa: D102
    @property
    def bytes_out(self) -> int: ...  # noqa: D102
    @property
    def drops(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def lost_in(self) -> int: ...  # noqa: D102
    @property
    def lost_out(self) -> int: ...  # noqa: D102
    @property
    def nacks_in(self) -> int: ...  # noqa: D102
    @property
    def nacks_out(self) -> int: ...  # noqa: D102
    @property
    def keyframe_requests_in(self) -> int: ...  # noqa: D102
    @property
    def keyframe_requests_out(self) -> int: ...  # noqa: D102
    @property
    def retransmissions_in(self) -> int: ...  # noqa: D102
    @property
    def retransmissions_out(self) -> int: ...  # noqa: D102
    @property
    def piped_in(self) -> int: ...  # noqa: D102
    @property
    def piped_out(self) -> int: ...  # noqa: D102
    @property
    def datagrams(self) -> Distribution: ...  # noqa: D102
    @property
    def refused_datagrams(self) -> int: ...  # noqa: D102
    @property
    def delays(self) -> Distribution: ...  # noqa: D102
    @property
    def transports(self) -> int: ...  # noqa: D102
    @property
    def producers(self) -> int: ...  # noqa: D102
    @property
    def consumers(self) -> int: ...  # noqa: D102
    @property
    def tcp_connections(self) -> int: ...  # noqa: D102
    @property
    def tasks(self) -> int: ...  # noqa: D102
    @property
    def open_files(self) -> int: ...  # noqa: D102
    @property
    def cpu_s(self) -> float: ...  # noqa: D102
    @property
    def loop_lag_s(self) -> float: ...  # noqa: D102
    @property
    def deaths(self) -> int: ...  # noqa: D102
    @property
    def failed_starts(self) -> int: ...  # noqa: D102


class OutboxFigures(Protocol):
    """How a channel of the outbox is doing. Totals begin at 0 when the server is restarted."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the names say it
    @property
    def waiting(self) -> int: ...  # noqa: D102
    @property
    def oldest_s(self) -> float: ...  # noqa: D102
    @property
    def sent(self) -> int: ...  # noqa: D102
    @property
    def failed(self) -> int: ...  # noqa: D102
    @property
    def given_up(self) -> int: ...  # noqa: D102


class Metrics:
    """The figures of one server."""

    def __init__(
        self,
        occupancy: Callable[[], Occupancy],
        media_workers: Callable[[], Sequence[MediaWorkerFigures]],
        *,
        outbox: Callable[[], Sequence[OutboxFigures]] = tuple,
        hours_log_rows: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`hours_log_rows` may not be known yet: then the figure is left out, because 0 would be one."""
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(occupancy, media_workers, outbox, hours_log_rows))
        ProcessCollector(registry=self._registry)
        self._joins = Histogram(
            "roundup_join_seconds",
            "From the request to join a room to its answer.",
            buckets=_JOIN_BUCKETS_S,
            registry=self._registry,
        )
        self._loop_lag = Histogram(
            "roundup_loop_lag_seconds",
            "How late timers of the gateway's event loop fire.",
            buckets=_LAG_BUCKETS_S,
            registry=self._registry,
        )

        self._heartbeats = Histogram(
            "roundup_presence_heartbeat_seconds",
            "From asking who is still heard until that is written.",
            buckets=_HEARTBEAT_BUCKETS_S,
            registry=self._registry,
        )

    def observe_join(self, seconds: float) -> None:
        """Count a join and how long it took."""
        self._joins.observe(seconds)

    def observe_loop_lag(self, seconds: float) -> None:
        """Count how late a timer fired."""
        self._loop_lag.observe(seconds)

    def observe_heartbeat(self, seconds: float) -> None:
        """Count a heartbeat of presence and how long it took."""
        self._heartbeats.observe(seconds)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return all figures, and their content type, in the format that the Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class LoopLagSampler:
    """A task that sleeps, and tells how much longer it slept than it wanted to. Whoever starts it closes it."""

    def __init__(self, observe: Callable[[float], None]) -> None:
        self._observe = observe
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sample."""
        self._task = asyncio.create_task(self._sample(), name="loop lag")

    async def close(self) -> None:
        """Stop. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_SAMPLE_EVERY_S
            await asyncio.sleep(LAG_SAMPLE_EVERY_S)
            self._observe(max(0.0, loop.time() - due))


class _Collector(Collector):
    """Asks for the figures that somebody else counts."""

    def __init__(
        self,
        occupancy: Callable[[], Occupancy],
        media_workers: Callable[[], Sequence[MediaWorkerFigures]],
        outbox: Callable[[], Sequence[OutboxFigures]],
        hours_log_rows: Callable[[], int | None],
    ) -> None:
        self._occupancy = occupancy
        self._media_workers = media_workers
        self._outbox = outbox
        self._hours_log_rows = hours_log_rows

    def collect(self) -> Iterable[Metric]:
        now = self._occupancy()
        yield GaugeMetricFamily("roundup_rooms_live", "Rooms with an open meeting.", now.rooms)
        yield GaugeMetricFamily("roundup_participants", "People in meetings.", now.participants)
        yield GaugeMetricFamily("roundup_connections", "Connections in meetings.", now.connections)
        yield GaugeMetricFamily("roundup_tasks", "Tasks of the gateway's event loop.", now.tasks)
        yield from _outbox(self._outbox())
        rows = self._hours_log_rows()
        if rows is not None:
            yield GaugeMetricFamily("roundup_hours_log_rows", "Rows of the hours log, which never become fewer.", rows)
        # A worker is called by its port: that is the same after a restart.
        workers = [(str(figures.port), figures) for figures in self._media_workers()]
        yield from _traffic(workers)
        yield _drops(workers)
        for name, text, read_distribution in _HISTOGRAMS:
            histogram = HistogramMetricFamily(name, text, labels=["worker"])
            for worker, figures in workers:
                distribution = read_distribution(figures)
                histogram.add_metric([worker], _buckets(distribution), distribution.total)
            yield histogram
        for name, text, read in _COUNTERS:
            counter = CounterMetricFamily(name, text, labels=["worker"])
            for worker, figures in workers:
                counter.add_metric([worker], read(figures))
            yield counter
        for name, text, read in _GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=["worker"])
            for worker, figures in workers:
                gauge.add_metric([worker], read(figures))
            yield gauge


_Row = tuple[str, str, Callable[[MediaWorkerFigures], float]]
_COUNTERS: tuple[_Row, ...] = (
    (
        "roundup_media_refused_datagrams",
        "Datagrams of several packets that the kernel would not cut.",
        lambda w: w.refused_datagrams,
    ),
    ("roundup_media_cpu_seconds", "Processor time of the worker.", lambda w: w.cpu_s),
    ("roundup_media_worker_deaths", "How often the worker ended, or hung and was killed.", lambda w: w.deaths),
    ("roundup_media_worker_failed_starts", "Starts of the worker that came to nothing.", lambda w: w.failed_starts),
)
_GAUGES: tuple[_Row, ...] = (
    ("roundup_media_transports", "WebRTC transports.", lambda w: w.transports),
    ("roundup_media_producers", "Tracks that come in.", lambda w: w.producers),
    ("roundup_media_consumers", "Tracks that go out.", lambda w: w.consumers),
    ("roundup_media_tcp_connections", "TCP connections of pages to the media port.", lambda w: w.tcp_connections),
    ("roundup_media_tasks", "Tasks of the worker's event loop.", lambda w: w.tasks),
    ("roundup_media_open_files", "File descriptors of the worker.", lambda w: w.open_files),
    ("roundup_media_loop_lag_seconds", "How late the worker's last report was.", lambda w: w.loop_lag_s),
)


_HISTOGRAMS: tuple[tuple[str, str, Callable[[MediaWorkerFigures], Distribution]], ...] = (
    (
        "roundup_media_forwarding_delay_seconds",
        "For each forwarded packet, the time at most from its arrival to its departure.",
        lambda w: w.delays,
    ),
    (
        "roundup_media_datagram_packets",
        "For each datagram with forwarded packets, how many the kernel was to cut it into.",
        lambda w: w.datagrams,
    ),
)
_Directed = tuple[str, str, Callable[[MediaWorkerFigures], tuple[float, float]]]
_TRAFFIC: tuple[_Directed, ...] = (
    ("roundup_media_packets", "Packets on the media port.", lambda w: (w.packets_in, w.packets_out)),
    ("roundup_media_bytes", "Bytes on the media port.", lambda w: (w.bytes_in, w.bytes_out)),
    (
        "roundup_media_packets_lost",
        "Packets that did not come the first time; out: as subscribers tell.",
        lambda w: (w.lost_in, w.lost_out),
    ),
    ("roundup_media_nacks", "Requests to send packets again.", lambda w: (w.nacks_in, w.nacks_out)),
    (
        "roundup_media_keyframe_requests",
        "Requests for a picture that needs no other (PLI, FIR).",
        lambda w: (w.keyframe_requests_in, w.keyframe_requests_out),
    ),
    (
        "roundup_media_retransmissions",
        "Packets sent again because somebody missed them.",
        lambda w: (w.retransmissions_in, w.retransmissions_out),
    ),
    ("roundup_media_piped_packets", "Packets between media workers.", lambda w: (w.piped_in, w.piped_out)),
)
"""In: from pages, or workers; out: to them."""


def _traffic(workers: Sequence[tuple[str, MediaWorkerFigures]]) -> Iterable[Metric]:
    for name, text, read in _TRAFFIC:
        counter = CounterMetricFamily(name, text, labels=["worker", "direction"])
        for worker, figures in workers:
            for direction, value in zip(("in", "out"), read(figures), strict=True):
                counter.add_metric([worker, direction], value)
        yield counter


def _outbox(channels: Sequence[OutboxFigures]) -> Iterable[Metric]:
    waiting = GaugeMetricFamily("roundup_outbox_waiting", "Messages that have not been sent.", labels=["channel"])
    oldest = GaugeMetricFamily("roundup_outbox_oldest_seconds", "For how long the oldest waits.", labels=["channel"])
    text = "Attempts to send a message, by what came of them."
    attempts = CounterMetricFamily("roundup_outbox_attempts", text, labels=["channel", "outcome"])
    for channel in channels:
        waiting.add_metric([channel.name], channel.waiting)
        oldest.add_metric([channel.name], channel.oldest_s)
        for outcome in ("sent", "failed", "given_up"):
            attempts.add_metric([channel.name, outcome], getattr(channel, outcome))
    return waiting, oldest, attempts


def _drops(workers: Sequence[tuple[str, MediaWorkerFigures]]) -> Metric:
    text = "Packets that came and went no further, or could not be sent."
    counter = CounterMetricFamily("roundup_media_drops", text, labels=["worker", "reason"])
    for worker, figures in workers:
        for reason, packets in figures.drops.items():
            counter.add_metric([worker, reason], packets)
    return counter


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    """Return Prometheus's buckets: each counts what lies below, too."""
    bounds = [*(str(float(bound)) for bound in distribution.bounds), "+Inf"]
    return list(zip(bounds, accumulate(distribution.counts or [0]), strict=True))
