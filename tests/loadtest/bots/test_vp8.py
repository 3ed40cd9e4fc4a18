import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from loadtest.bots.vp8 import build_payload_start, starts_keyframe


def start(*, is_first_of_frame: bool = True, is_keyframe: bool = True) -> bytes:
    return build_payload_start(picture_id=0x1234, is_first_of_frame=is_first_of_frame, is_keyframe=is_keyframe)


def test_descriptor_is_read_alike_by_another_library() -> None:
    descriptor, rest = VpxPayloadDescriptor.parse(start() + b"picture")
    assert (descriptor.partition_start, descriptor.partition_id, descriptor.picture_id) == (1, 0, 0x1234)
    assert rest[0] & 1 == 0  # a keyframe (RFC 6386 section 9.1)
    assert rest[3:6] == b"\x9d\x01\x2a"
    assert rest.endswith(b"picture")


def test_only_the_first_packet_of_a_keyframe_starts_one() -> None:
    assert starts_keyframe(start() + b"x")
    assert not starts_keyframe(start(is_keyframe=False) + b"x")
    assert not starts_keyframe(start(is_first_of_frame=False) + b"\x00")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", False),
        (b"\x10", False),
        (b"\x10\x00", True),
        (b"\x10\x01", False),
        (b"\x11\x00", False),  # of another partition
        (b"\x90\x80\x05\x00", True),  # 7-bit picture id
        (b"\x90\xf0\x80\x05\x01\x20\x00", True),  # long picture id, TL0PICIDX, TID
        (b"\x90\xf0\x80\x05\x01\x20\x01", False),
    ],
)
def test_descriptors_of_every_length_are_skipped(payload: bytes, expected: bool) -> None:
    assert starts_keyframe(payload) is expected
