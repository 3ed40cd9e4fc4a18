"""What of aiortc's inside we rely on; the handshakes themselves run in `test_transport`."""

import asyncio
import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from aiortc import rate, rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport, State
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL, crypto

from protocol.rtp import DtlsFingerprint
from server.media.worker.dtls import (
    MAX_AFTER_HANDSHAKE,
    DtlsTransport,
    WorkerCertificate,
    create_certificate,
    local_role,
)
from server.media.worker.srtp import PROFILES
from tests.support.waiting import until


class TestPrivateApiOfAiortc:
    """When one of these fails, `server/media/worker/dtls.py` or `lean.py` has to be looked at."""

    def test_methods_that_we_replace_or_call(self) -> None:
        signatures: dict[Callable[..., Any], list[str]] = {
            RTCCertificate._create_ssl_context: ["self", "srtp_profiles"],
            RTCDtlsTransport._setup_srtp: ["self"],
            RTCDtlsTransport._set_state: ["self", "state"],
            RTCDtlsTransport._set_role: ["self", "role"],
            RTCDtlsTransport.start: ["self", "remoteParameters"],
            rate.RemoteBitrateEstimator.add: ["self", "arrival_time_ms", "abs_send_time", "payload_size", "ssrc"],
        }
        for method, parameters in signatures.items():
            assert list(inspect.signature(method).parameters) == parameters, method

    def test_attributes_that_we_read(self) -> None:
        transport = DtlsTransport(create_certificate(), send=lambda _: None, on_closed=lambda: None)
        assert transport._state is State.NEW
        assert transport._ssl is None
        assert transport._role == "auto"

    def test_what_it_asks_of_an_ice_transport(self) -> None:
        source = inspect.getsource(RTCDtlsTransport)
        used = {word.split("(")[0].split(")")[0] for word in source.split("self.transport.")[1:]}
        assert {name.split()[0].rstrip(",:") for name in used} == {"role", "_recv", "_send"}

    def test_it_imports_without_codecs(self) -> None:
        code = (
            "from server.media.worker.lean import leave_out_codecs; leave_out_codecs();"
            "import server.media.worker.process, sys; assert not hasattr(sys.modules['av'], '__file__')"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_fingerprints_are_checked_by_it(self) -> None:
        assert "_validate_peer_identity" in inspect.getsource(RTCDtlsTransport.start)
        assert hasattr(rtcdtlstransport, "X509_DIGEST_ALGORITHMS")


def test_one_ssl_context_serves_all_transports_of_a_worker() -> None:
    certificate = create_certificate()
    profiles = rtcdtlstransport.SRTP_PROFILES
    assert certificate._create_ssl_context(profiles) is certificate._create_ssl_context(profiles)


def test_pages_are_told_one_fingerprint() -> None:
    fingerprint = create_certificate().fingerprint
    assert fingerprint.algorithm == "sha-256"
    assert len(fingerprint.value) == 32 * 3 - 1


@pytest.mark.parametrize(("remote", "local"), [("client", "server"), ("server", "client"), ("auto", "client")])
def test_our_role_follows_from_the_other(remote: str, local: str) -> None:
    assert local_role(remote) == local  # type: ignore[arg-type]


class Wire:
    """Two transports that hear each other, unless the wire is cut."""

    def __init__(self, **left_arguments: object) -> None:
        self.closed: list[str] = []
        self.is_cut = False
        self.left = DtlsTransport(
            create_certificate(), send=lambda data: self._carry(data, "right"), on_closed=lambda: self._note("left")
        )
        self.right = DtlsTransport(
            create_certificate(), send=lambda data: self._carry(data, "left"), on_closed=lambda: self._note("right")
        )

    def _carry(self, data: bytes, to: str) -> None:
        if not self.is_cut:
            getattr(self, to).feed(data)

    def _note(self, side: str) -> None:
        self.closed.append(side)


def _fingerprints(transport: DtlsTransport) -> list[DtlsFingerprint]:
    return [
        DtlsFingerprint(algorithm="sha-256", value=fingerprint.value)
        for fingerprint in transport.getLocalParameters().fingerprints
        if fingerprint.algorithm == "sha-256"
    ]


async def test_both_sides_get_the_same_keys_the_other_way_round() -> None:
    wire = Wire()
    left, right = await asyncio.wait_for(
        asyncio.gather(
            wire.left.connect(_fingerprints(wire.right), "client"),
            wire.right.connect(_fingerprints(wire.left), "server"),
        ),
        5,
    )
    assert left is not None
    assert right is not None
    assert left.profile is right.profile is PROFILES[0]
    assert (left.inbound, left.outbound) == (right.outbound, right.inbound)
    assert len(left.inbound) == left.profile.key_bytes + left.profile.salt_bytes
    wire.left.close()
    wire.left.close()
    await asyncio.wait_for(asyncio.wait([wire.right._task] if wire.right._task else []), 5)
    assert wire.closed == ["right"]
    wire.right.close()


async def test_a_certificate_with_another_fingerprint_is_refused() -> None:
    wire = Wire()
    wrong = [DtlsFingerprint(algorithm="sha-256", value=":".join(["00"] * 32))]
    left, _ = await asyncio.wait_for(
        asyncio.gather(wire.left.connect(wrong, "client"), wire.right.connect(_fingerprints(wire.left), "server")), 5
    )
    assert left is None
    wire.left.close()
    wire.right.close()


async def test_a_fingerprint_of_an_unknown_kind_is_refused() -> None:
    wire = Wire()
    unknown = [DtlsFingerprint(algorithm="sha-1", value="00")]
    left, _ = await asyncio.wait_for(
        asyncio.gather(wire.left.connect(unknown, "client"), wire.right.connect(_fingerprints(wire.left), "server")), 5
    )
    assert left is None
    wire.left.close()
    wire.right.close()


async def test_closing_ends_a_handshake_that_nobody_answers() -> None:
    wire = Wire()
    wire.is_cut = True
    handshake = asyncio.create_task(wire.left.connect(_fingerprints(wire.right), "client"))
    await asyncio.sleep(0)
    wire.left.close()
    assert await asyncio.wait_for(handshake, 5) is None


class _OddCertificate(WorkerCertificate):
    """A certificate of version 10: OpenSSL does not mind."""

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        plain = self._cert.public_bytes(serialization.Encoding.DER)
        odd = plain.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1)
        assert odd != plain
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, odd))
        return context


async def test_a_certificate_that_cannot_be_read_is_refused() -> None:
    wire = Wire()
    wire.right = DtlsTransport(_OddCertificate.generateCertificate(), send=wire.left.feed, on_closed=lambda: None)
    left, _ = await asyncio.wait_for(
        asyncio.gather(
            wire.left.connect(_fingerprints(wire.right), "client"),
            wire.right.connect(_fingerprints(wire.left), "server"),
        ),
        10,
    )
    assert left is None
    wire.left.close()
    wire.right.close()


async def connected() -> Wire:
    wire = Wire()
    await asyncio.wait_for(
        asyncio.gather(
            wire.left.connect(_fingerprints(wire.right), "client"),
            wire.right.connect(_fingerprints(wire.left), "server"),
        ),
        10,
    )
    return wire


def received(transport: DtlsTransport) -> int:
    """Return how many datagrams OpenSSL was given."""
    count: int = transport._RTCDtlsTransport__rx_packets  # type: ignore[attr-defined]
    return count


async def test_after_the_handshake_little_is_listened_to() -> None:
    """OpenSSL would keep, for ever, all records of a datagram but the first."""
    wire = await connected()
    before = received(wire.right)
    for _ in range(2 * MAX_AFTER_HANDSHAKE):
        wire.right.feed(bytes((23, 254, 253)) + bytes(60))
        await until(wire.right._pipe._queue.empty)
    wire.left.close()
    wire.right.close()
    await asyncio.wait_for(asyncio.wait([wire.right._task] if wire.right._task else []), 5)
    assert received(wire.right) - before == MAX_AFTER_HANDSHAKE


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=200).map(lambda data: bytes((20 + data[0] % 44,)) + data[1:]), max_size=50),
    st.booleans(),
)
async def test_no_datagram_raises_or_keeps_a_task_alive(datagrams: list[bytes], is_late: bool) -> None:
    wire = await connected() if is_late else Wire()
    handshake = None if is_late else asyncio.create_task(wire.right.connect(_fingerprints(wire.left), "server"))
    for datagram in datagrams:
        wire.right.feed(datagram)
        await asyncio.sleep(0)
    for side in (wire.left, wire.right):
        side.close()
    if handshake is not None:
        assert await asyncio.wait_for(handshake, 10) is None
    await asyncio.wait_for(asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}), 10)


async def test_garbage_during_the_handshake_does_not_raise() -> None:
    wire = Wire()
    for number in range(100):
        wire.right.feed(bytes((22, 254, 253, number)) * 20)
    right = asyncio.create_task(wire.right.connect(_fingerprints(wire.left), "server"))
    await asyncio.sleep(0)
    left = asyncio.create_task(wire.left.connect(_fingerprints(wire.right), "client"))
    assert await asyncio.wait_for(left, 10) is not None
    assert await asyncio.wait_for(right, 10) is not None
    wire.left.close()
    wire.right.close()
