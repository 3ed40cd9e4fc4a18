from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.arrangement import Packet
from server.media.worker.continuity import Position
from server.media.worker.rtp import HEADER_BYTES
from server.media.worker.thinning import BASE, SPAN, WHOLE, Thinning, limit_at
from server.media.worker.vp8 import Vp8Descriptor, parse_descriptor
from tests.server.media.worker.test_vp8 import vp8_payload

FIRST = 70_000
MARKED = bytes((0x90, 0x80 | 101)) + bytes(HEADER_BYTES - 2)


def packet_of(sequence: int, picture: int, temporal_layer: int, *, is_start: bool = True) -> Packet:
    payload = vp8_payload(picture_id=picture & 0x7FFF, tl0_index=3, temporal_layer=temporal_layer, is_start=is_start)
    return Packet(MARKED + payload, sequence, picture * 3_000, parse_descriptor(payload))


@dataclass
class Sent:
    """What a browser sends, in what order it comes, and what became of it."""

    packets: list[Packet]
    pictures: dict[int, int]
    """By sequence number; unbounded."""
    arrivals: list[int]
    """Sequence numbers; those of lost packets are not among them."""


@st.composite
def streams(draw: st.DrawFn) -> Sent:
    packets, pictures = list[Packet](), dict[int, int]()
    first_picture = draw(st.integers(0, 0x7FFF))
    frames = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=40))
    for picture, (temporal_layer, size) in enumerate(frames, first_picture):
        for at in range(size):
            sequence = FIRST + len(packets)
            packets.append(packet_of(sequence, picture, temporal_layer, is_start=at == 0))
            pictures[sequence] = picture
    delays = draw(st.lists(st.sampled_from([0, 0, 0, 0, 1.5, 5.5, None]), min_size=len(packets), max_size=len(packets)))
    order = sorted((at + delay, FIRST + at) for at, delay in enumerate(delays) if delay is not None)
    return Sent(packets, pictures, [sequence for _, sequence in order])


@given(streams(), st.integers(0, 2))
def test_numbers_have_no_gap_but_where_packets_are_missing(sent: Sent, limit: int) -> None:
    thinning, out = Thinning(limit), dict[int, Packet | None]()
    for sequence in sent.arrivals:
        out[sequence] = thinning.put(sent.packets[sequence - FIRST])
    expected = FIRST
    last = max(sent.arrivals, default=FIRST)
    for sequence in range(FIRST, last + 1):
        if sequence in out and out[sequence] is None:
            continue
        packet = out.get(sequence) or thinning.reduce(sent.packets[sequence - FIRST])
        assert packet is not None
        assert packet.sequence == expected
        assert thinning.original(expected) == sequence
        expected += 1
    if sent.arrivals:
        assert thinning.end(Position(last, 0)).sequence == expected - 1


@given(streams(), st.integers(0, 2))
def test_nothing_above_the_limit_is_sent(sent: Sent, limit: int) -> None:
    thinning, newest = Thinning(limit), 0
    for sequence in sent.arrivals:
        packet = sent.packets[sequence - FIRST]
        assert packet.descriptor is not None
        out = thinning.put(packet)
        if packet.descriptor.temporal_layer <= limit:
            assert out is not None
            assert out.data[HEADER_BYTES + 4 :] == packet.data[HEADER_BYTES + 4 :], "but for the picture id"
        elif sequence > newest:
            assert out is None
        else:
            assert out is not None
            assert out.data == MARKED[:1] + bytes((101,)) + MARKED[2:], "no payload, no mark"
        newest = max(newest, sequence)


@given(streams(), st.integers(0, 2))
def test_picture_ids_have_no_gap_but_where_pictures_are_missing(sent: Sent, limit: int) -> None:
    thinning, out, left_out = Thinning(limit), dict[int, Packet](), set[int]()
    for sequence in sent.arrivals:
        packet = thinning.put(sent.packets[sequence - FIRST])
        if packet is None:
            left_out.add(sent.pictures[sequence])
        elif len(packet.data) > HEADER_BYTES:
            out[sequence] = packet
    for sequence, packet in out.items():
        before = sum(picture < sent.pictures[sequence] for picture in left_out)
        written = parse_descriptor(packet.data[HEADER_BYTES:])
        assert packet.descriptor == written
        assert written is not None
        assert written.picture_id == (sent.pictures[sequence] - before) & 0x7FFF
        assert written.tl0_index == 3
    if sent.arrivals:
        newest = max(sent.arrivals)
        picture = sent.pictures[newest]
        last = thinning.end(Position(newest, 0, picture & 0x7FFF)).picture_id
        assert last == (picture - len(left_out)) & 0x7FFF


@given(streams(), st.integers(0, 2))
def test_what_is_sent_again_is_what_was_sent(sent: Sent, limit: int) -> None:
    thinning = Thinning(limit)
    for sequence in sent.arrivals:
        packet = sent.packets[sequence - FIRST]
        out = thinning.put(packet)
        if out is not None:
            assert thinning.reduce(packet) == out


def test_short_picture_ids_stay_short() -> None:
    thinning = Thinning(BASE)
    for sequence, (picture, temporal_layer) in enumerate([(126, 0), (127, 1), (0, 0)], FIRST):
        payload = vp8_payload(picture_id=picture, tl0_index=1, temporal_layer=temporal_layer, is_long=False)
        out = thinning.put(Packet(MARKED + payload, sequence, 0, parse_descriptor(payload)))
    assert out is not None
    assert out.descriptor is not None
    assert (out.descriptor.picture_id, out.descriptor.picture_id_mask) == (127, 0x7F)


def test_a_short_picture_id_that_comes_round_is_another_picture() -> None:
    thinning = Thinning(BASE)
    for at in range(128 + 2):
        payload = vp8_payload(picture_id=at & 0x7F, tl0_index=1, temporal_layer=0 if at % 128 else 1, is_long=False)
        out = thinning.put(Packet(MARKED + payload, FIRST + at, 0, parse_descriptor(payload)))
    assert out is not None
    assert out.descriptor is not None
    assert out.descriptor.picture_id == 127


def test_looking_back_is_bounded() -> None:
    thinning, count = Thinning(BASE), 20 * SPAN
    for at in range(count):
        thinning.put(packet_of(FIRST + at, at, at % 2))
    last = FIRST + count - 1
    for sequence in range(last - SPAN + 1, last, 2):
        offset = thinning.offset(sequence)
        assert offset is not None
        assert thinning.original(sequence - offset.packets) == sequence
    assert thinning.offset(FIRST) is None
    assert thinning.original(FIRST) is None
    assert thinning.reduce(packet_of(FIRST, 0, 0)) is None
    assert thinning.put(packet_of(FIRST, 0, 0)) is None
    assert len(thinning._starts) == len(thinning._offsets) == len(thinning._reduced_starts) <= SPAN + 1


def test_it_counts_what_it_sends() -> None:
    thinning = Thinning(BASE)
    sizes = [len(packet.data) for at in range(6) if (packet := thinning.put(packet_of(FIRST + at, at, at % 3)))]
    assert (thinning.forwarded_packets, thinning.forwarded_octets) == (2, sum(sizes) - 2 * HEADER_BYTES)


def frame(temporal_layer: int, *, is_sync: bool = False, is_keyframe: bool = False) -> Vp8Descriptor:
    found = parse_descriptor(
        vp8_payload(picture_id=1, temporal_layer=temporal_layer, is_sync=is_sync, is_keyframe=is_keyframe)
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("current", "wanted", "limit", "at"),
    [
        (WHOLE, BASE, BASE, frame(2)),
        (WHOLE, BASE, BASE, frame(0)),
        (BASE, WHOLE, BASE, frame(0)),
        (BASE, WHOLE, WHOLE, frame(0, is_keyframe=True)),
        (BASE, WHOLE, BASE, frame(1)),
        (BASE, WHOLE, 1, frame(1, is_sync=True)),
        (BASE, WHOLE, BASE, frame(2, is_sync=True)),
        (1, WHOLE, 1, frame(2)),
        (1, WHOLE, WHOLE, frame(2, is_sync=True)),
        (1, WHOLE, 1, frame(1, is_sync=True)),
    ],
)
def test_less_at_any_frame_and_more_one_layer_at_a_time(
    current: int, wanted: int, limit: int, at: Vp8Descriptor
) -> None:
    assert limit_at(current, wanted, 2, at) == limit


def test_the_highest_layer_that_there_is_is_the_whole() -> None:
    assert limit_at(BASE, WHOLE, 1, frame(1, is_sync=True)) == WHOLE
