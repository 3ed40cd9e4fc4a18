"""The worker: takes commands and datagrams, and hands both to the transport that they are for."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec

import server.media.messages as m
from protocol.room import Quality
from server.media.rpc import NotFoundError, PeerGoneError, RpcError
from server.media.worker.consumer import Consumer
from server.media.worker.counters import DropReason
from server.media.worker.dtls import WorkerCertificate
from server.media.worker.fanout import Outbox
from server.media.worker.ice_lite import IceLite
from server.media.worker.inlet import Inlet
from server.media.worker.path import Address, Path
from server.media.worker.pipes import Pipes
from server.media.worker.plumbing import Plumbing
from server.media.worker.producer import Producer
from server.media.worker.report import LoopLag, collect
from server.media.worker.room_audio import Heard
from server.media.worker.rounds import Rounds
from server.media.worker.router import Router
from server.media.worker.tcp import TcpListener
from server.media.worker.transport import Transport
from server.media.worker.udp import RECEIVE_AT, UdpSocket, answer_path

TICK_S = 1.0
"""How often each transport gets its tick."""
TURNS = 20
"""In a tick: a few transports at a time, so that nobody's packets wait for what is due for hundreds."""


class Worker:
    """Everything of one process. `emit` tells the control side; it may raise `PeerGoneError`."""

    def __init__(
        self,
        sock: socket.socket,
        listening: socket.socket,
        piping: socket.socket,
        certificate: WorkerCertificate,
        emit: Callable[[m.AnyEvent], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.udp = UdpSocket(sock, self._on_datagram, self._on_turn_end)
        call_later = asyncio.get_running_loop().call_later
        self.plumbing = Plumbing(self.udp, clock, call_later, Outbox(self.udp, call_later))
        self.transports: dict[str, Transport] = {}
        self.pipes = Pipes(piping, self.plumbing, self.udp.end_turn)
        self.ice: IceLite[Transport] = IceLite(on_forgotten=_close_connection)
        self.tcp = TcpListener(
            listening,
            on_frame=self._on_frame,
            on_turn_end=self.udp.end_turn,
            is_known=self.ice.owners.__contains__,
            on_lost=self._on_connection_lost,
            on_failure=self.udp.note_failure,
            clock=clock,
        )
        self._routers: dict[str, Router] = {}
        self._router_of: dict[str, str] = {}
        self._certificate = certificate
        self._emit = emit
        self._clock = clock
        self._rounds: Rounds[Transport] = Rounds(TURNS)
        self._lag = LoopLag(clock)
        self._ticked_at = clock()
        self._sent = 0
        """Packets, until then."""
        self._timer: asyncio.TimerHandle | None = None
        self._turn_due_at = 0.0
        """By the loop's clock."""
        self._closing: set[asyncio.Task[None]] = set()
        self._decode = msgspec.msgpack.Decoder(m.AnyCommand).decode
        self._encode = msgspec.msgpack.Encoder().encode

    def start(self) -> None:
        """Serve the sockets and the clock from now on."""
        self.udp.start()
        self.tcp.start()
        self.pipes.start()
        self._turn_due_at = asyncio.get_running_loop().time()
        self._schedule_turn()

    async def close(self) -> None:
        """Close every transport with a goodbye, then the sockets. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
        self.plumbing.outbox.close()
        for transport in list(self.transports.values()):
            transport.close()
        await asyncio.gather(*self._closing)
        self.pipes.close()
        self.tcp.close()
        self.udp.close()

    def on_call(self, body: bytes) -> bytes:
        """Do what a command says and return the encoded answer. Raises `RpcError` for what cannot be done."""
        try:
            command = self._decode(body)
        except msgspec.DecodeError as error:
            raise RpcError(f"not a command: {error}") from None
        return self._encode(self.do(command))

    def do(self, command: m.AnyCommand) -> m.Answer:  # noqa: C901 - one line each
        """Do what `command` says. Raises `RpcError`."""
        match command:
            case m.CreateTransport():
                return self._create_transport(command)
            case m.ConnectTransport(transport_id=transport_id):
                self._transport(transport_id).connect(command.fingerprints, command.remote_role)
            case m.RestartIce(transport_id=transport_id):
                credentials = self.ice.restart(self._transport(transport_id).agent)
                return m.IceRestarted(username_fragment=credentials.username_fragment, password=credentials.password)
            case m.CloseTransport(transport_id=transport_id):
                if (upstream := self._upstream(transport_id)) is not None:
                    upstream.close()
            case m.CloseRouter(router_id=router_id):
                if (router := self._routers.get(router_id)) is not None:
                    router.close()
            case m.Produce(transport_id=transport_id):
                self._transport(transport_id).produce(
                    command.producer_id, command.stream, is_paused=command.is_paused, replaces=command.replaces
                )
            case m.PauseProducer(transport_id=transport_id):
                if (upstream := self._upstream(transport_id)) is None:
                    raise NotFoundError("no such transport")
                upstream.producer(command.producer_id).set_paused(command.is_paused)
            case m.CloseProducer(transport_id=transport_id):
                if (upstream := self._upstream(transport_id)) is not None:
                    upstream.close_producer(command.producer_id)
            case m.Consume(transport_id=transport_id):
                self._transport(transport_id)
                self._routers[self._router_of[transport_id]].consume(command)
            case m.ConsumeSlots(transport_id=transport_id):
                self._transport(transport_id).consume_slots(command.slots)
            case m.PauseConsumer(transport_id=transport_id):
                self._transport(transport_id).pause_consumer(command.consumer_id, is_paused=command.is_paused)
            case m.PreferLayer(transport_id=transport_id):
                self._transport(transport_id).consumer(command.consumer_id).prefer(
                    command.layer, is_large=command.is_large
                )
            case m.CloseConsumer(transport_id=transport_id):
                if (transport := self.transports.get(transport_id)) is not None:
                    transport.close_consumer(command.consumer_id)
            case m.PipeProducer(transport_id=transport_id):
                producer = self._transport(transport_id).producer(command.producer_id)
                self.pipes.lead_out(producer, command)
            case m.ProducePiped():
                self._produce_piped(command)
            case m.ClosePipe(pipe=pipe):
                self.pipes.close_outlet(pipe)
        return m.Done()

    def take_turn(self) -> None:
        """Do what is due every second for some of the transports; `TURNS` of them are a tick, and end with a report.

        Where something fails, only that is not done.
        """
        now = self._clock()
        if self._rounds.is_over:
            self._begin_round(now)
        for transport in self._rounds.next():
            if not transport.is_closed:
                self._try(transport.tick, now)
        if self._rounds.is_over:
            self._try(self._report, self._lag.take())

    def _begin_round(self, now: float) -> None:
        """Do what is due every second for the whole worker."""
        self._try(self._pace, now)
        for inlet in list(self.pipes.inlets.values()):
            self._try(inlet.tick, now)
        for router in list(self._routers.values()):
            self._try(router.audio.tick, now)
        self._try(self.tcp.tick, now)

    def _try(self, part: Callable[[float], None], argument: float) -> None:
        try:
            part(argument)
        except Exception:  # noqa: BLE001 - one transport's bad state is nobody else's loss
            self.udp.note_failure()

    def _report(self, loop_lag_s: float) -> None:
        self._tell(collect(self.plumbing, self.tcp, self.transports.values(), loop_lag_s))

    def _pace(self, now: float) -> None:
        sent, elapsed_s = self.udp.packets_out - self._sent, max(0.001, now - self._ticked_at)
        self.plumbing.outbox.pace(sent / elapsed_s)
        self._sent, self._ticked_at = self.udp.packets_out, now

    def _create_transport(self, command: m.CreateTransport) -> m.TransportCreated:
        if command.transport_id in self.transports:
            raise RpcError("the transport exists")
        router = self._routers.get(command.router_id) or self._create_router(command.router_id)
        transport = Transport(
            command.transport_id,
            command.group,
            router.audio,
            self.plumbing,
            self._certificate,
            self._on_transport_closed,
            lambda producer: self._tell_layers_wanted(command.router_id, producer),
            lambda consumer: self._tell_dark(command.router_id, consumer),
            lambda transport: self._tell_quality(command.router_id, transport),
            lambda: self._tell(m.TransportConnected(router_id=command.router_id, transport_id=command.transport_id)),
        )
        self.transports[transport.transport_id] = transport
        self._router_of[transport.transport_id] = command.router_id
        router.transports[transport.transport_id] = transport
        self._rounds.add(transport)
        self.ice.add(transport.agent)
        return m.TransportCreated(
            username_fragment=transport.agent.credentials.username_fragment,
            password=transport.agent.credentials.password,
        )

    def _create_router(self, router_id: str) -> Router:
        self._routers[router_id] = router = Router(self.plumbing, lambda heard: self._tell_heard(router_id, heard))
        return router

    def _produce_piped(self, command: m.ProducePiped) -> None:
        router_id = command.router_id
        router = self._routers.get(router_id) or self._create_router(router_id)

        def on_closed(inlet: Inlet) -> None:
            del router.inlets[inlet.transport_id]
            self._drop_if_empty(router_id)

        self.pipes.lead_in(router, command, on_closed)

    def _drop_if_empty(self, router_id: str) -> None:
        router = self._routers[router_id]
        if not router.transports and not router.inlets:
            del self._routers[router_id]

    def _on_transport_closed(self, transport: Transport, reason: m.CloseReason | None) -> None:
        self.ice.remove(transport.agent)
        self._rounds.remove(transport)
        del self.transports[transport.transport_id]
        router_id = self._router_of.pop(transport.transport_id)
        router = self._routers[router_id]
        del router.transports[transport.transport_id]
        self._drop_if_empty(router_id)
        task = asyncio.get_running_loop().create_task(transport.wait_closed())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        if reason is not None:
            self._tell(m.TransportClosed(router_id=router_id, transport_id=transport.transport_id, reason=reason))

    def _tell_layers_wanted(self, router_id: str, producer: Producer) -> None:
        self._tell(m.LayersWanted(router_id=router_id, producer_id=producer.producer_id, layers=producer.layers_wanted))

    def _tell_heard(self, router_id: str, heard: Heard) -> None:
        slots, talking, dominant = heard
        self._tell(m.SpeakersChanged(router_id=router_id, slots=list(slots), talking=list(talking), dominant=dominant))

    def _tell_dark(self, router_id: str, consumer: Consumer) -> None:
        self._tell(
            m.ConsumerDark(
                router_id=router_id,
                transport_id=consumer.transport.transport_id,
                consumer_id=consumer.consumer_id,
                is_dark=consumer.allowed_layer is None,
            )
        )

    def _tell_quality(self, router_id: str, transport: Transport) -> None:
        quality = Quality(transport.mark.name.lower())
        self._tell(m.TransportQuality(router_id=router_id, transport_id=transport.transport_id, quality=quality))

    def _transport(self, transport_id: str) -> Transport:
        transport = self.transports.get(transport_id)
        if transport is None:
            raise NotFoundError("no such transport")
        return transport

    def _upstream(self, transport_id: str) -> Transport | Inlet | None:
        """Return a transport with producers: one of this worker's, or of another one's."""
        return self.transports.get(transport_id) or self.pipes.inlets.get(transport_id)

    def _on_datagram(self, size: int, address: Address, ancillary: Any) -> None:
        """Tell STUN, DTLS and SRTP apart by the first byte (RFC 7983), and drop what comes from nobody known."""
        view = self.udp.buffer.view
        if view[RECEIVE_AT] < 4:
            self._note(self._on_stun(view[RECEIVE_AT : RECEIVE_AT + size], answer_path(address, ancillary)))
        else:
            self._note(self._on_other(size, address))

    def _on_frame(self, frame: memoryview, path: Path) -> None:
        """Take a packet that came over TCP, from where those that come by UDP lie."""
        size = len(frame)
        self.udp.buffer.view[RECEIVE_AT : RECEIVE_AT + size] = frame
        self.udp.packets_in += 1
        self.udp.bytes_in += size
        self._note(self._on_stun(frame, path) if frame[0] < 4 else self._on_other(size, path.remote))

    def _on_other(self, size: int, address: Address) -> DropReason | None:
        transport = self.ice.owners.get(address)
        if transport is None:
            return "unknown_source"
        view = self.udp.buffer.view
        first = view[RECEIVE_AT]
        if 128 <= first <= 191:
            return transport.receive_media(size)
        if 20 <= first <= 63:
            return transport.receive_dtls(bytes(view[RECEIVE_AT : RECEIVE_AT + size]))
        return "malformed"

    def _note(self, reason: DropReason | None) -> None:
        if reason is not None:
            self.plumbing.counters.drops[reason] += 1

    def _on_connection_lost(self, path: Path) -> None:
        transport = self.ice.owners.get(path.remote)
        if transport is not None and self.ice.lose(transport.agent, path):
            transport.on_moved()

    def _on_turn_end(self) -> None:
        self.plumbing.outbox.end_turn()
        self.pipes.end_turn()

    def _on_stun(self, data: memoryview, path: Path) -> DropReason | None:
        checked = self.ice.receive(data, path, self._clock())
        if checked is None:
            return "bad_check"
        if checked.answer:
            self.plumbing.send(checked.answer, path)
        checked.owner.on_checked(has_moved=checked.has_moved)
        return None

    def _schedule_turn(self) -> None:
        """Let the next turn follow the last one's due time: were each a little late, a round would be much longer."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._turn_due_at = max(self._turn_due_at + TICK_S / TURNS, now - TICK_S)
        self._lag.expect(max(0.0, self._turn_due_at - now))
        self._timer = loop.call_at(self._turn_due_at, self._on_timer)

    def _on_timer(self) -> None:
        self._lag.note_fired()
        self.take_turn()
        self._schedule_turn()

    def _tell(self, event: m.AnyEvent) -> None:
        with contextlib.suppress(PeerGoneError):  # then the end of the socket ends this process
            self._emit(event)


def _close_connection(path: Path) -> None:
    if path.tcp is not None:
        path.tcp.close()
