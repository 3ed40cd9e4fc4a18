"""What a worker reports once a second."""

import asyncio
import resource
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from server.media.messages import Distribution, Report
from server.media.worker.plumbing import Plumbing
from server.media.worker.tcp import TcpListener
from server.media.worker.transport import Transport

_OPEN_FILES = Path("/proc/self/fd")


class LoopLag:
    """How late a timer fires at worst: the time that the event loop was busy with something else."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due_at = clock()
        self._worst_s = 0.0

    def expect(self, delay_s: float) -> None:
        """Note that a timer was set."""
        self._due_at = self._clock() + delay_s

    def note_fired(self) -> None:
        """Note that it has fired."""
        self._worst_s = max(self._worst_s, self._clock() - self._due_at)

    def take(self) -> float:
        """Return how many seconds later than expected one was at worst since the last call."""
        worst_s, self._worst_s = self._worst_s, 0.0
        return worst_s


def collect(plumbing: Plumbing, tcp: TcpListener, transports: Collection[Transport], loop_lag_s: float) -> Report:
    """Put the worker's counters together."""
    udp, outbox, counters = plumbing.udp, plumbing.outbox, plumbing.counters
    return Report(
        packets_in=udp.packets_in,
        bytes_in=udp.bytes_in,
        packets_out=udp.packets_out,
        bytes_out=udp.bytes_out,
        drops={
            **counters.drops,
            "failed": udp.failures,
            "not_sent": udp.send_failures,
            "not_protected": counters.not_protected + outbox.refused,
            "too_large": counters.too_large,
            "not_piped": counters.not_piped,
        },
        piped_in=counters.piped_in,
        piped_out=counters.piped_out,
        lost_in=counters.lost_in,
        lost_out=counters.lost_out,
        nacks_in=counters.nacks_in,
        nacks_out=counters.nacks_out,
        keyframe_requests_in=counters.keyframe_requests_in,
        keyframe_requests_out=counters.keyframe_requests_out,
        retransmissions_in=counters.retransmissions_in,
        retransmissions_out=counters.retransmissions_out,
        datagrams=_distribution(outbox.datagrams),
        refused_datagrams=outbox.batch.segmentation.refused,
        delays=outbox.delays.distribution(),
        transports=len(transports),
        producers=sum(len(transport.producers) for transport in transports),
        consumers=sum(len(transport.consumers) + len(transport.slot_consumers) for transport in transports),
        tcp_connections=len(tcp.connections),
        tasks=len(asyncio.all_tasks()),
        open_files=_count_open_files(),
        cpu_s=time.process_time(),
        loop_lag_s=loop_lag_s,
    )


def _count_open_files() -> int:
    try:
        return sum(1 for _ in _OPEN_FILES.iterdir()) - 1  # without the one that lists them
    except OSError:  # there is none left to list them with
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return soft


def _distribution(datagrams: Sequence[int]) -> Distribution:
    sizes = range(1, len(datagrams))
    return Distribution(
        bounds=list(sizes), counts=[*datagrams[1:], 0], total=sum(size * datagrams[size] for size in sizes)
    )
