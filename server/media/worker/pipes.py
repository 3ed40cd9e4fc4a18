"""What comes to this worker from others, and goes to them: rooms with more people than one worker can serve."""

import socket
from collections.abc import Callable

from server.media.messages import PipeProducer, ProducePiped
from server.media.rpc import RpcError
from server.media.worker.inlet import Inlet
from server.media.worker.outlet import Outlet
from server.media.worker.pipe_records import MESSAGE, decode_message
from server.media.worker.pipe_socket import Link, PipeSocket
from server.media.worker.plumbing import Plumbing
from server.media.worker.producer import Producer
from server.media.worker.router import Router


class Pipes:
    """Pipes have numbers that the control side gives, different for every pipe of this machine."""

    def __init__(self, sock: socket.socket, plumbing: Plumbing, on_turn_end: Callable[[], None]) -> None:
        self.inlets: dict[str, Inlet] = {}
        """By transport."""
        self._plumbing = plumbing
        self._socket = PipeSocket(sock, plumbing, self._on_record, on_turn_end)
        self._links: dict[str, Link] = {}
        self._outlets: dict[int, Outlet] = {}
        self._incoming: dict[int, tuple[Inlet, Producer]] = {}

    def start(self) -> None:
        """Receive from now on."""
        self._socket.start()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        for link in self._links.values():
            link.close()
        self._socket.close()

    def end_turn(self) -> None:
        """Send what this turn has for other workers."""
        for link in self._links.values():
            link.flush()

    def lead_out(self, producer: Producer, command: PipeProducer) -> None:
        """Pass a producer on to another worker. Raises `RpcError`."""
        if command.pipe in self._outlets:
            raise RpcError("the pipe exists")
        link = self._link(command.to)
        self._outlets[command.pipe] = Outlet(producer, command.pipe, link, self._on_outlet_closed)

    def close_outlet(self, pipe: int) -> None:
        """Pass on no more by a pipe. Idempotent."""
        if (outlet := self._outlets.get(pipe)) is not None:
            outlet.close()

    def lead_in(self, router: Router, command: ProducePiped, on_closed: Callable[[Inlet], None]) -> None:
        """Take what another worker passes on; `on_closed` is called when an inlet is gone. Raises `RpcError`."""
        inlet = self.inlets.get(command.transport_id)
        if inlet is None:

            def forget(closed: Inlet) -> None:
                self._on_inlet_closed(closed)
                on_closed(closed)

            link = self._link(command.origin)
            forget_pipe = self._incoming.__delitem__
            inlet = Inlet(command.transport_id, command.group, router.audio, link, self._plumbing, forget_pipe, forget)
        producer = inlet.produce(command.producer_id, command.stream, command.pipe, is_paused=command.is_paused)
        self.inlets[inlet.transport_id] = router.inlets[inlet.transport_id] = inlet
        self._incoming[command.pipe] = (inlet, producer)

    def _on_record(self, pipe: int, layer: int, data: memoryview) -> None:
        counters = self._plumbing.counters
        incoming = self._incoming.get(pipe)
        if layer == MESSAGE:
            message = decode_message(data)
            if message is None:
                counters.drops["malformed"] += 1
            elif incoming is not None:
                inlet, producer = incoming
                inlet.on_message(producer, message)
            elif (outlet := self._outlets.get(pipe)) is not None:
                outlet.on_message(message)
            return
        if incoming is None:
            counters.drops["unknown_stream"] += 1
            return
        counters.piped_in += 1
        inlet, producer = incoming
        if not inlet.receive(producer, layer, data):
            counters.drops["malformed"] += 1

    def _link(self, address: str) -> Link:
        if address not in self._links:
            self._links[address] = self._socket.link(address)
        return self._links[address]

    def _on_outlet_closed(self, outlet: Outlet) -> None:
        del self._outlets[outlet.pipe]
        self._drop_link(outlet.link)

    def _on_inlet_closed(self, inlet: Inlet) -> None:
        del self.inlets[inlet.transport_id]
        self._drop_link(inlet.link)

    def _drop_link(self, link: Link) -> None:
        """Forget the way to a worker that nothing goes to any more."""
        used = [*(outlet.link for outlet in self._outlets.values()), *(inlet.link for inlet in self.inlets.values())]
        if link not in used:
            link.close()
            self._links = {address: other for address, other in self._links.items() if other is not link}
