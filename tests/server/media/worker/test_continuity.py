from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.continuity import Position, Shift, follow, same_instant, shift_pictures
from server.media.worker.rtcp import SenderReport
from server.media.worker.vp8 import parse_descriptor
from tests.server.media.worker.test_vp8 import vp8_payload

positions = st.builds(
    Position, st.integers(0, 1 << 20), st.integers(0, 0xFFFFFFFF), st.integers(0, 0x7FFF), st.integers(0, 255)
)


@given(positions, positions, st.integers(0, 0xFFFFFFFF))
def test_the_next_source_follows_the_last_packet(last: Position, first: Position, timestamp: int) -> None:
    after = follow(last, first, timestamp).applied(first)
    assert after.sequence == last.sequence + 1
    assert after.picture_id == (last.picture_id + 1) & 0x7FFF
    assert after.tl0_index == (last.tl0_index + 1) & 0xFF
    assert 0 < (after.timestamp - last.timestamp) & 0xFFFFFFFF < 1 << 31
    if 0 < (timestamp - last.timestamp) & 0xFFFFFFFF < 1 << 31:
        assert after.timestamp == timestamp


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.integers(-50_000, 50_000), st.integers(0, 500_000))
def test_timestamps_of_the_same_instant(ours: int, theirs: int, apart_ms: int, later: int) -> None:
    """Two clocks at 90 kHz, whose reports were sent `apart_ms` one after the other."""
    now = 3_900_000_000 << 32
    one = SenderReport(1, now, ours, 0, 0)
    other = SenderReport(2, now + (apart_ms << 32) // 1_000, (theirs + apart_ms * 90) & 0xFFFFFFFF, 0, 0)
    found = same_instant((ours + later) & 0xFFFFFFFF, one, other, 90_000)
    assert min((found - theirs - later) & 0xFFFFFFFF, (theirs + later - found) & 0xFFFFFFFF) <= 1


@given(st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(0, 0x7FFF), st.integers(0, 255))
def test_the_codecs_own_numbers_are_shifted(picture_id: int, tl0_index: int, pictures: int, tl0s: int) -> None:
    packet = bytearray(b"head" + vp8_payload(picture_id=picture_id, tl0_index=tl0_index, temporal_layer=1))
    before = parse_descriptor(packet[4:])
    assert before is not None
    shift_pictures(packet, 4, before, Shift(0, 0, pictures, tl0s))
    after = parse_descriptor(packet[4:])
    assert after == before._replace(picture_id=(picture_id - pictures) & 0x7FFF, tl0_index=(tl0_index - tl0s) & 0xFF)


def test_a_codec_without_numbers_is_left_alone() -> None:
    packet = bytearray(vp8_payload())
    descriptor = parse_descriptor(packet)
    assert descriptor is not None
    shift_pictures(packet, 0, descriptor, Shift(0, 0, 5, 5))
    assert packet == vp8_payload()
