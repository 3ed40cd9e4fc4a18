import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.vp8 import parse_descriptor, write_picture_id


def vp8_payload(
    *,
    picture_id: int | None = None,
    tl0_index: int | None = None,
    temporal_layer: int | None = None,
    is_sync: bool = False,
    is_start: bool = True,
    is_keyframe: bool = False,
    is_long: bool = True,
    data: bytes = b"picture",
) -> bytes:
    """Return a payload as RFC 7741 section 4.2 draws it."""
    first, fields, rest = 0x10 if is_start else 0, 0, b""
    if picture_id is not None:
        fields |= 0x80
        rest += struct.pack("!H", 0x8000 | picture_id) if is_long else bytes((picture_id,))
    if tl0_index is not None:
        fields |= 0x40
        rest += bytes((tl0_index,))
    if temporal_layer is not None:
        fields |= 0x20
        rest += bytes((temporal_layer << 6 | is_sync << 5,))
    head = bytes((first | 0x80, fields)) if fields else bytes((first,))
    return head + rest + bytes((0 if is_keyframe else 1,)) + data


@given(
    st.integers(0, 0x7FFF),
    st.one_of(st.none(), st.integers(0, 255)),
    st.one_of(st.none(), st.integers(0, 3)),
    st.booleans(),
    st.booleans(),
)
def test_what_a_browser_writes_is_read(
    picture_id: int,
    tl0_index: int | None,
    temporal_layer: int | None,
    is_sync: bool,
    is_keyframe: bool,
) -> None:
    payload = vp8_payload(
        picture_id=picture_id,
        tl0_index=tl0_index,
        temporal_layer=temporal_layer,
        is_sync=is_sync,
        is_keyframe=is_keyframe,
    )
    descriptor = parse_descriptor(payload)
    assert descriptor is not None
    assert (descriptor.picture_id, descriptor.picture_id_mask) == (picture_id, 0x7FFF)
    assert descriptor.tl0_index == (tl0_index or 0)
    assert bool(descriptor.tl0_index_at) == (tl0_index is not None)
    assert descriptor.temporal_layer == (temporal_layer or 0)
    assert descriptor.is_sync == (is_sync and temporal_layer is not None)
    assert descriptor.is_keyframe == is_keyframe
    assert descriptor.begins_frame


def test_a_keyframe_begins_with_its_first_packet_only() -> None:
    descriptor = parse_descriptor(vp8_payload(is_start=False, is_keyframe=True))
    assert descriptor is not None
    assert not descriptor.is_keyframe
    assert not descriptor.begins_frame


@pytest.mark.parametrize("is_long", [True, False])
def test_a_picture_id_is_written_over_the_one_that_is_there(is_long: bool) -> None:
    payload = bytearray(vp8_payload(picture_id=100, tl0_index=7, is_long=is_long))
    before = parse_descriptor(payload)
    assert before is not None
    write_picture_id(payload, before.picture_id_at, -1, before.picture_id_mask)
    after = parse_descriptor(payload)
    assert after is not None
    assert after == before._replace(picture_id=before.picture_id_mask)


@given(st.binary(max_size=12))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    descriptor = parse_descriptor(data)
    if descriptor is not None:
        assert descriptor.picture_id_at < len(data)
        assert descriptor.tl0_index_at < len(data)
