"""The corpus through every target, as it is and damaged."""

from pathlib import Path

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.worker import rtcp
from server.media.worker.h264 import begins_keyframe
from tests.fuzz import handshake
from tests.fuzz.conversation import converse
from tests.fuzz.documents import put_together, read_vector
from tests.fuzz.handshake import shake_hands
from tests.fuzz.parsers import CREDENTIALS, read_rtcp, read_rtp, read_vp8, receive_check, receive_signed_check
from tests.fuzz.records import join, split
from tests.fuzz.targets import CORPUS, TARGETS, corpus

EVERYTHING = [pytest.param(name, path, id=f"{name}-{path.stem}") for name in TARGETS for path in corpus(name)]


def real(name: str) -> list[bytes]:
    """Return what came from browsers and other libraries."""
    return [path.read_bytes() for path in corpus(name) if not path.name.startswith("found-")]


@pytest.mark.parametrize(("name", "path"), EVERYTHING)
def test_the_corpus_is_no_trouble(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=25)
@given(st.data())
def test_damaged_packets_are_no_trouble(name: str, data: st.DataObject) -> None:
    packet = bytearray(data.draw(st.sampled_from(corpus(name))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(packet) - 1)))
        packet[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=8))
    TARGETS[name](bytes(packet[: data.draw(st.integers(0, len(packet)))] if data.draw(st.booleans()) else packet))


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read_as_records(data: bytes) -> None:
    records = list(split(data))
    assert list(split(join(records))) == records


def test_nothing_else_lies_in_the_corpus() -> None:
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(TARGETS)


class TestTheCorpusGoesDeep:
    """A corpus that is refused at the door finds nothing."""

    def test_rtp(self) -> None:
        headers = [read_rtp(data) for data in real("rtp")]
        assert None not in headers
        assert {header.payload_type for header in headers if header is not None} == {96, 97, 111}

    def test_rtcp(self) -> None:
        found = {type(message) for data in real("rtcp") for message in read_rtcp(data)}
        assert found == {rtcp.SenderReport, rtcp.ReportBlock, rtcp.Nack, rtcp.KeyframeRequest, rtcp.BandwidthEstimate}

    def test_vp8(self) -> None:
        descriptors = [read_vp8(data) for data in real("vp8")]
        assert None not in descriptors
        assert {descriptor.is_keyframe for descriptor in descriptors if descriptor is not None} == {True, False}

    def test_h264(self) -> None:
        assert {begins_keyframe(data) for data in real("h264")} == {True, False}

    @pytest.mark.parametrize(("name", "receive"), [("stun", receive_check), ("stun_signed", receive_signed_check)])
    def test_stun(self, name: str, receive: object) -> None:
        assert callable(receive)
        for data in real(name):
            answer = stun.parse_message(receive(data).answer)
            assert answer.check_message_integrity(CREDENTIALS.password.encode())

    def test_dtls(self) -> None:
        modes = {data[0] % 4 for data in real("dtls") if len(shake_hands(data)) > 1}
        assert modes == {handshake.SERVER, handshake.CLIENT, handshake.BETWEEN, handshake.AFTER}

    def test_update(self) -> None:
        changes = [put_together(data) for data in real("update")]
        assert None not in changes
        assert b"\x00\x00" not in changes

    def test_state_vector(self) -> None:
        assert all(read_vector(data) for data in real("state_vector"))

    def test_worker(self) -> None:
        assert all(converse(data) > 0 for data in real("worker"))
