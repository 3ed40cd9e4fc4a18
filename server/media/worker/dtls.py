"""DTLS-SRTP by aiortc, reduced to the handshake: datagrams in, datagrams out, SRTP keys at the end.

What it touches of aiortc's inside is listed in the tests, which fail when that changes; no other file knows
aiortc, except that `bandwidth` uses its estimator. Browsers are DTLS clients; a page may also ask to be the server.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from OpenSSL import SSL

from protocol.rtp import DtlsFingerprint
from server.media.worker.srtp import PROFILES, SrtpKeys

if TYPE_CHECKING:
    from aiortc import RTCIceTransport

DtlsRole = Literal["client", "server"]

FINGERPRINT_ALGORITHM: Literal["sha-256"] = "sha-256"
_DTLS_1_2 = 0xFEFD
_EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"
_MAX_QUEUED = 32
"""Datagrams of one transport that wait for the handshake; more are dropped, DTLS sends again."""
MAX_AFTER_HANDSHAKE = 64
"""What comes then is the last flight, repeated, and a goodbye. aiortc takes one record of each datagram, and what else
is in it would be kept for ever."""

_log = logging.getLogger(__name__)


class WorkerCertificate(RTCCertificate):
    """The worker's certificate, with one SSL context for all its transports."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            context = super()._create_ssl_context(srtp_profiles)
            context.set_tlsext_use_srtp(b":".join(profile.name for profile in PROFILES))
            context.set_min_proto_version(_DTLS_1_2)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context = context
        return self._context

    @property
    def fingerprint(self) -> DtlsFingerprint:
        """The fingerprint that pages are told. One, because mediasoup-client uses the last of several."""
        value = next(f.value for f in self.getFingerprints() if f.algorithm == FINGERPRINT_ALGORITHM)
        return DtlsFingerprint(algorithm=FINGERPRINT_ALGORITHM, value=value)


class _Pipe:
    """What `RTCDtlsTransport` takes for an ICE transport: it asks for no more than this."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_QUEUED)
        self._write = send
        self._is_closed = False

    def feed(self, data: bytes | None) -> None:
        if not self._queue.full():
            self._queue.put_nowait(data)

    def close(self) -> None:
        self._is_closed = True
        self.feed(None)

    async def _recv(self) -> bytes:
        data = None if self._is_closed else await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._write(data)


class DtlsTransport(RTCDtlsTransport):
    """One transport's DTLS. Feed it nothing but DTLS datagrams (first byte 20 to 63)."""

    def __init__(
        self,
        certificate: WorkerCertificate,
        *,
        send: Callable[[bytes], None],
        on_closed: Callable[[], None],
    ) -> None:
        self._pipe = _Pipe(send)
        self._send_datagram = send
        super().__init__(cast("RTCIceTransport", self._pipe), [certificate])
        self._keys: SrtpKeys | None = None
        self._on_closed = on_closed
        self._left_after_handshake = MAX_AFTER_HANDSHAKE

    def feed(self, datagram: bytes) -> None:
        """Take a datagram from the other side."""
        if self._state is State.CONNECTED:
            if self._left_after_handshake <= 0:
                return
            self._left_after_handshake -= 1
        self._pipe.feed(datagram)

    async def connect(self, fingerprints: Sequence[DtlsFingerprint], role: DtlsRole) -> SrtpKeys | None:
        """Shake hands as `role` and check the other side's certificate. `None` when that fails."""
        self._set_role(role)
        remote = RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in fingerprints])
        try:
            await self.start(remote)
        except Exception as error:  # noqa: BLE001 - what OpenSSL takes for a certificate, its reader may not
            _log.info("a handshake failed: %r", error)
            return None
        return self._keys if self._state is State.CONNECTED else None

    def close(self) -> None:
        """Say goodbye (close_notify) if there was a handshake, and let the tasks end. Idempotent."""
        self._pipe.close()
        if self._ssl is not None and self._state is State.CONNECTED:
            self._state = State.CLOSED
            with contextlib.suppress(SSL.Error):
                self._ssl.shutdown()
                self._send_datagram(self._ssl.bio_read(1_500))

    def _setup_srtp(self) -> None:
        assert self._ssl is not None  # noqa: S101 - the handshake is over
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next((p for p in PROFILES if p.name == chosen), None)
        if profile is None:
            self._set_state(State.FAILED)
            return
        size = 2 * (profile.key_bytes + profile.salt_bytes)
        material = self._ssl.export_keying_material(_EXPORTER_LABEL, size)
        self._keys = SrtpKeys.from_exported(profile, material, is_client=self._role == "client")

    def _set_state(self, state: State) -> None:
        was_connected = self._state is State.CONNECTED
        super()._set_state(state)
        if was_connected and state is State.CLOSED:
            self._on_closed()


def local_role(remote_role: Literal["auto", "client", "server"]) -> DtlsRole:
    """Return our role for the other side's. Towards `auto` we are the client, as the ICE-controlled side."""
    return "server" if remote_role == "client" else "client"


def create_certificate() -> WorkerCertificate:
    """Make a new key and a self-signed certificate."""
    certificate: Any = WorkerCertificate.generateCertificate()
    assert isinstance(certificate, WorkerCertificate)  # noqa: S101 - the factory's type says so
    return certificate
