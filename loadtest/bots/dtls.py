"""DTLS and the SRTP keys that come of it: the one file that touches aiortc's insides.

`RTCDtlsTransport` runs over a duck-typed ICE object that hands it DTLS packets only; the SRTP sessions are made here,
from the exported keying material (RFC 5764 section 4.2).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from aiortc import rtcdtlstransport as aiortc_dtls
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import Policy, Session

from loadtest.bots.errors import TransportError
from protocol.rtp import DtlsFingerprint, DtlsParameters

_PROFILES = (aiortc_dtls.SRTP_AEAD_AES_128_GCM, aiortc_dtls.SRTP_AES128_CM_SHA1_80)
"""What Chromium offers, in its order."""
_EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"
_REPLAY_WINDOW = 1_024
_MAX_QUEUED = 64
"""DTLS packets waiting for the handshake; more are dropped, as by any network."""


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """The two SRTP sessions of a transport."""

    profile: str
    receiving: Session
    sending: Session


class _DtlsWire:
    """What `RTCDtlsTransport` sees of ICE."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_datagram = send
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_QUEUED)

    def put(self, data: bytes) -> None:
        if self._queue.qsize() < _MAX_QUEUED - 1:
            self._queue.put_nowait(data)

    def end(self) -> None:
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)


class DtlsSession:
    """The DTLS association of one transport; the bot is the client, as browsers are."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None]) -> None:
        self._wire = _DtlsWire(send)
        self._transport = RTCDtlsTransport(cast(Any, self._wire), [certificate])
        self._transport._srtp_profiles = list(_PROFILES)  # noqa: SLF001 - aiortc has no other way
        self._transport._set_role("client")  # noqa: SLF001 - its own rule would make the ICE-controlling side the server

    def on_datagram(self, data: bytes) -> None:
        """Take a DTLS packet from the network."""
        self._wire.put(data)

    async def connect(self, remote: DtlsParameters) -> SrtpKeys:
        """Shake hands with the owner of `remote`'s fingerprints; raises `TransportError`."""
        fingerprints = [RTCDtlsFingerprint(algorithm=f.algorithm, value=f.value) for f in remote.fingerprints]
        await self._transport.start(RTCDtlsParameters(fingerprints=fingerprints))
        if self._transport.state != "connected":
            raise TransportError(f"the DTLS handshake ended as {self._transport.state}")
        return self._export_keys()

    async def close(self) -> None:
        """Tell the server and forget the association. Idempotent."""
        await self._transport.stop()
        self._wire.end()

    def _export_keys(self) -> SrtpKeys:
        connection = self._transport._ssl  # noqa: SLF001 - the only way to the exporter
        if connection is None:
            raise TransportError("the DTLS association is gone")
        selected = connection.get_selected_srtp_profile()
        profile = next(profile for profile in _PROFILES if profile.openssl_profile == selected)
        size = 2 * (profile.key_length + profile.salt_length)
        material = connection.export_keying_material(_EXPORTER_LABEL, size)
        ours, theirs = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
        return SrtpKeys(
            profile=profile.openssl_profile.decode(),
            receiving=_create_session(theirs, Policy.SSRC_ANY_INBOUND, profile.libsrtp_profile),
            sending=_create_session(ours, Policy.SSRC_ANY_OUTBOUND, profile.libsrtp_profile),
        )


def create_certificate() -> RTCCertificate:
    """Make a self-signed certificate; one serves all bots of a process."""
    return RTCCertificate.generateCertificate()


def local_parameters(certificate: RTCCertificate) -> DtlsParameters:
    """Return what `media_transport_connect` tells the server."""
    fingerprints = [
        DtlsFingerprint(algorithm="sha-256", value=fingerprint.value)
        for fingerprint in certificate.getFingerprints()
        if fingerprint.algorithm == "sha-256"
    ]
    return DtlsParameters(fingerprints=fingerprints, role="client")


def _create_session(key: bytes, direction: int, profile: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = _REPLAY_WINDOW
    return Session(policy)
