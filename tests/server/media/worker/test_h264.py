import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.h264 import begins_keyframe

SPS, PPS, IDR, SLICE, DELIMITER = b"\x67\x42\xe0\x1f", b"\x68\xce\x3c\x80", b"\x65\x88\x84", b"\x61\x9a", b"\x09\x10"


def aggregate(*units: bytes) -> bytes:
    """Return a STAP-A packet."""
    return b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


@pytest.mark.parametrize("payload", [SPS, aggregate(SPS, PPS), aggregate(SPS, PPS, IDR), aggregate(DELIMITER, SPS)])
def test_a_keyframe_begins_with_its_parameters(payload: bytes) -> None:
    assert begins_keyframe(payload)


@pytest.mark.parametrize(
    "payload",
    [SLICE, IDR, PPS, aggregate(SLICE, SLICE), aggregate(PPS), b"\x7c\x85\x88", b"\x7c\x45", b"", b"\x78", b"\x78\x00"],
)
def test_other_packets_begin_none(payload: bytes) -> None:
    assert not begins_keyframe(payload)


@pytest.mark.parametrize(("before", "is_seen"), [([DELIMITER] * 7, True), ([DELIMITER] * 8, False), ([b""], False)])
def test_the_first_units_of_a_packet_are_looked_at_and_none_behind_an_empty_one(
    before: list[bytes], is_seen: bool
) -> None:
    assert begins_keyframe(aggregate(*before, SPS)) is is_seen


@given(st.binary(max_size=60))
def test_whatever_comes_is_read(payload: bytes) -> None:
    assert begins_keyframe(payload) in (True, False)
    assert begins_keyframe(b"\x78" + payload) in (True, False)
