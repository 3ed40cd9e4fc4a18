"""What pages ask of their transports."""

from collections.abc import Callable, Mapping

from protocol.errors import ErrorCode
from protocol.requests import (
    MediaIceRestart,
    MediaIceRestarted,
    MediaTransportClose,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.rtp import DtlsParameters, IceCandidate, IceParameters, IceServer, TransportOptions
from protocol.wire import Empty, Request
from server.errors import UserError
from server.media import messages as m
from server.media.books import not_found
from server.media.endpoint import MediaTransport
from server.media.meeting_media import MeetingMedia
from server.media.worker_process import WorkerProcess, unavailable
from server.room.feature import Caller, Handler

Candidates = Callable[[WorkerProcess], list[IceCandidate]]
"""Where a worker is reached."""
IceServers = Callable[[str], list[IceServer]]
"""Makes a participant's credentials for the TURN servers."""


class TransportRequests:
    """Opens, connects and closes transports; a page has one each way."""

    def __init__(self, media: MeetingMedia, candidates: Candidates, ice_servers: IceServers) -> None:
        self._media = media
        self._candidates = candidates
        self._ice_servers = ice_servers

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Answer these."""
        return {
            MediaTransportCreate: self._on_create,
            MediaTransportConnect: self._on_connect,
            MediaIceRestart: self._on_ice_restart,
            MediaTransportClose: self._on_close,
        }

    async def _on_create(self, caller: Caller, request: MediaTransportCreate) -> MediaTransportCreated:
        span = self._media.span
        if span.home is None:
            raise unavailable()
        if request.direction == "recv" and request.rtp_capabilities is None:
            raise UserError(ErrorCode.BAD_REQUEST, "A transport to receive with needs rtp_capabilities.")
        transport = self._enter(caller, request)
        worker = span.place(transport)
        assert worker is not None  # noqa: S101 - there is a home
        if worker is not span.home:
            self._media.speakers.update()
            self._media.speakers.tell_again(caller.endpoint_id)
        try:
            created = await self._media.do(
                transport,
                m.CreateTransport(
                    router_id=span.router_id, transport_id=transport.transport_id, group=caller.participant_id
                ),
            )
        except BaseException:  # too late or cancelled: the worker may have made it
            self._media.close_transport(transport)
            raise
        if transport.is_closed or not isinstance(created, m.TransportCreated):
            raise not_found("transport")
        return MediaTransportCreated(
            transport=TransportOptions(
                id=transport.transport_id,
                ice_parameters=_ice_parameters(created),
                ice_candidates=self._candidates(worker),
                dtls_parameters=DtlsParameters(fingerprints=[worker.fingerprint], role="auto"),
                ice_servers=self._ice_servers(caller.participant_id),
            )
        )

    def _enter(self, caller: Caller, request: MediaTransportCreate) -> MediaTransport:
        """Enter a transport into the books, in the place of an earlier one."""
        for earlier in self._media.books.transports_of(caller.endpoint_id):
            if earlier.direction == request.direction:
                self._media.close_transport(earlier)
                self._media.notices.tell_closed(earlier, "replaced")
        return self._media.books.add_transport(caller, request.direction, request.rtp_capabilities)

    async def _on_connect(self, caller: Caller, request: MediaTransportConnect) -> Empty:
        transport = self._media.books.own_transport(caller, request.transport_id)
        await self._media.do(
            transport,
            m.ConnectTransport(
                transport_id=transport.transport_id,
                fingerprints=request.dtls_parameters.fingerprints,
                remote_role=request.dtls_parameters.role,
            ),
        )
        return Empty()

    async def _on_ice_restart(self, caller: Caller, request: MediaIceRestart) -> MediaIceRestarted:
        transport = self._media.books.own_transport(caller, request.transport_id)
        restarted = await self._media.do(transport, m.RestartIce(transport_id=transport.transport_id))
        assert isinstance(restarted, m.IceRestarted)  # noqa: S101 - what the worker answers to it
        return MediaIceRestarted(
            ice_parameters=_ice_parameters(restarted), ice_servers=tuple(self._ice_servers(caller.participant_id))
        )

    async def _on_close(self, caller: Caller, request: MediaTransportClose) -> Empty:
        self._media.close_transport(self._media.books.own_transport(caller, request.transport_id))
        return Empty()


def _ice_parameters(credentials: m.TransportCreated | m.IceRestarted) -> IceParameters:
    return IceParameters(username_fragment=credentials.username_fragment, password=credentials.password, ice_lite=True)
