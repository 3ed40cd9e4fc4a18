"""What a worker reports once a second."""

import time
from collections.abc import Callable, Collection

from server.media.messages import Report
from server.media.worker.plumbing import Plumbing
from server.media.worker.tcp import TcpListener
from server.media.worker.transport import Transport


class LoopLag:
    """How late a timer fires: the time that the event loop was busy with something else."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due_at = clock()

    def expect(self, delay_s: float) -> None:
        """Note that a timer was set."""
        self._due_at = self._clock() + delay_s

    def take(self) -> float:
        """Return how many seconds later than expected it is."""
        return max(0.0, self._clock() - self._due_at)


def collect(plumbing: Plumbing, tcp: TcpListener, transports: Collection[Transport], loop_lag_s: float) -> Report:
    """Put the worker's counters together."""
    udp, counters = plumbing.udp, plumbing.counters
    return Report(
        packets_in=udp.packets_in,
        bytes_in=udp.bytes_in,
        packets_out=udp.packets_out,
        bytes_out=udp.bytes_out,
        packets_dropped=counters.packets_dropped + counters.packets_over_limit,
        send_failures=udp.send_failures,
        srtp_failures=counters.srtp_failures + plumbing.outbox.refused,
        retransmissions=counters.retransmissions,
        transports=len(transports),
        producers=sum(len(transport.producers) for transport in transports),
        consumers=sum(len(transport.consumers) for transport in transports),
        tcp_connections=len(tcp.connections),
        cpu_s=time.process_time(),
        loop_lag_s=loop_lag_s,
    )
