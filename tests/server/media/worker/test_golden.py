"""What Chromium sent of a camera, played to subscribers that change their minds, over lines that lose packets.

`python -m tests.server.media.worker.golden` records it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker import rtp
from server.media.worker.rtp import RtpHeader
from server.media.worker.thinning import WHOLE
from server.media.worker.vp8 import Vp8Descriptor, parse_descriptor
from tests.server.media.worker.golden.player import Fate, Film, Key, Player, Sent, film, unchanged
from tests.server.media.worker.rig import SUBSCRIBED, rtp_packet, running_worker
from tests.server.media.worker.test_producer import parsed, payload

CODECS = ("vp8", "h264")
LENGTH = 360
"""Arrivals: some 2 s."""
CLEAN = 1_800
"""So many arrivals came in order and complete, but for what was sent again."""
ASKED_AGAIN = 16
"""The last packets."""
CLOCK_RATE = 90_000
MAX_DRIFT_S = 0.3
"""How far the subscriber's clock may be off when the layer changes: Chromium does not send all layers at once."""

both_codecs = pytest.mark.parametrize("codec", CODECS)
some = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Wish(NamedTuple):
    """What changes for the subscriber after so many packets."""

    after: int
    layer: int
    allowed: int | None
    is_thin: bool
    is_paused: bool


wishes = st.lists(
    st.builds(
        Wish,
        after=st.integers(0, 80),
        layer=st.integers(0, 2),
        allowed=st.sampled_from([2, 2, 2, 1, 0, None]),
        is_thin=st.booleans(),
        is_paused=st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
)
fates = st.dictionaries(
    st.integers(0, LENGTH), st.sampled_from(["lost", "lost", "lost", "late", "late", "twice", "again"]), max_size=60
)


class Got(NamedTuple):
    """A packet as the subscriber had it, and what it was."""

    number: int
    header: RtpHeader
    descriptor: Vp8Descriptor | None
    sent: Sent


@dataclass
class Story:
    """What came of playing a film."""

    film: Film
    delivered: list[Key]
    got: list[Got]
    """In the order of the subscriber's numbers."""
    empty: list[int]
    """The subscriber's numbers of packets with nothing in them."""
    limits: dict[Key, int]
    """The temporal layer up to which was to be sent, when a packet came."""
    in_order: set[Key] = field(init=False)
    """That came before any later one of its layer. Not so what overtook the beginning of a keyframe: it may have come
    before the layer was sent, and then it is asked for."""
    newest: dict[Key, dict[int, int]] = field(init=False)
    """The highest number of each layer, when a packet came."""

    def __post_init__(self) -> None:
        self.in_order, self.newest, highest = set(), {}, dict[int, int]()
        for key in self.delivered:
            layer, sequence = key
            self.newest.setdefault(key, dict(highest))
            if sequence > highest.get(layer, 0):
                highest[layer] = sequence
                self.in_order.add(key)
            elif self.film.packets[key].begins_keyframe:
                self.in_order -= {(layer, each) for each in range(sequence, highest[layer] + 1)}

    def missing(self, layer: int, after: int, before: int) -> list[Sent]:
        """Return what came late or never, of the packets between two."""
        keys = ((layer, sequence) for sequence in range(after + 1, before))
        return [self.film.packets[key] for key in keys if key in self.film.packets and key not in self.in_order]


async def tell(
    codec: str,
    first: int,
    wanted: Sequence[Wish],
    fates: dict[int, Fate] | None = None,
    *,
    length: int = LENGTH,
    answers: bool = True,
    by_rid: bool = False,
) -> Story:
    """Play a part of a film to somebody with some wishes."""
    async with running_worker() as rig:
        reel = film(codec)
        player = await Player.meet(rig, reel, reel.stream if by_rid else reel.stream_by_ssrc)
        player.answers = answers
        player.fates = {first + at: fate for at, fate in (fates or {}).items()}
        limits: dict[Key, int] = {}
        received: list[bytes] = []
        waiting = [(first + at, wish) for at, wish in zip(moments(wanted), wanted, strict=True)]
        for begin, end in player.chunks(first, first + length, {at for at, _ in waiting}):
            player.tick(begin)
            while waiting and waiting[0][0] <= begin:
                _, wish = waiting.pop(0)
                rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=wish.layer))
                rig.pause(is_paused=wish.is_paused)
                player.consumer.allow(wish.allowed, is_thin=wish.is_thin)
            limit, target = player.consumer.temporal_limit, player.consumer.target_layer
            came = await player.play(begin, end)
            limits |= dict.fromkeys(came, limit)
            received += player.received()
            is_begun = target is not None and any(
                reel.packets[key].begins_keyframe and key[0] == target.index for key in came
            )
            if is_begun and player.consumer.is_forwarding and player.consumer.target_layer is target:
                assert player.consumer.layer is target, "a keyframe is taken"
        has_stopped = any(wish.is_paused or wish.allowed is None for wish in wanted)
        await assert_is_sent_again(player, received, at_least=0 if has_stopped else ASKED_AGAIN)
        assert rig.worker.plumbing.outbox.refused == 0, "nothing twice"
        story = understood(reel, player.delivered, limits, received)
        numbers = [*(each.number for each in story.got), *story.empty]
        if numbers and max(numbers) & 0xFFFF == player.consumer._newest & 0xFFFF:
            assert player.consumer.unsent == max(numbers) - min(numbers) + 1 - len(numbers)
        return story


def moments(wanted: Sequence[Wish]) -> list[int]:
    """Return after how many packets each wish comes."""
    return list(accumulate(wish.after for wish in wanted))


def overtaken(around: Iterable[int]) -> dict[int, Fate]:
    """Let some of the packets before and after each of these be overtaken."""
    return {at + offset: "late" for at in around for offset in (-11, -8, -6, -5, -2, 1)}


def understood(reel: Film, delivered: list[Key], limits: dict[Key, int], packets: Sequence[bytes]) -> Story:
    """Find out what the subscriber's packets were."""
    got, empty, highest = list[Got](), list[int](), None
    for packet in packets:
        header, body = parsed(packet), payload(packet)
        assert (header.payload_type, header.ssrc) == (reel.stream.forwarded_payload_type, SUBSCRIBED.ssrc)
        highest = header.sequence if highest is None else highest
        number = rtp.unwrap_sequence(header.sequence, highest)
        highest = max(highest, number)
        if not body:
            empty.append(number)
            continue
        descriptor = parse_descriptor(body) if reel.stream.codec == "vp8" else None
        sent = reel.by_payload[unchanged(body, descriptor)]
        assert header.is_marked == sent.is_marked
        got.append(Got(number, header, descriptor, sent))
    return Story(reel, delivered, sorted(got), empty, limits)


async def assert_is_sent_again(player: Player, received: Sequence[bytes], *, at_least: int) -> None:
    """What the subscriber asks for again is what it was, as far as it is remembered."""
    last = {parsed(packet).sequence: packet for packet in received[-ASKED_AGAIN:]}
    again = await player.ask_again(list(last))
    for packet in again:
        was = last[int.from_bytes(payload(packet)[:2], "big")]
        assert payload(packet)[2:] == payload(was)
        assert parsed(packet).timestamp == parsed(was).timestamp
    assert len(again) >= min(at_least, len(last))


def plain(packet: bytes) -> bytes:
    """Return what was sent again as it would have been sent at first."""
    header, body = parsed(packet), payload(packet)
    return rtp_packet(
        int.from_bytes(body[:2], "big"),
        body[2:],
        timestamp=header.timestamp,
        payload_type=header.payload_type - 1,
        ssrc=SUBSCRIBED.ssrc,
        marker=header.is_marked,
    )


def assert_is_one_stream(story: Story) -> None:
    """Numbers go on but for what was missing, time goes on, and a layer begins with a keyframe."""
    numbers = [each.number for each in story.got] + story.empty
    assert len(numbers) == len(set(numbers))
    assert all(each.sent.begins_keyframe for each in story.got[:1])
    for before, after in pairwise(story.got):
        skipped = after.number - before.number - 1
        elapsed = (after.header.timestamp - before.header.timestamp) & 0xFFFFFFFF
        old, new = before.sent, after.sent
        if old.layer == new.layer:
            assert new.sequence > old.sequence
            missing = story.missing(old.layer, old.sequence, new.sequence)
            assert elapsed == (new.timestamp - old.timestamp) & 0xFFFFFFFF
            assert new.begins_keyframe or not leaves_out_too_much(story, old, new)
        else:
            assert new.begins_keyframe
            newest = story.newest[new.key].get(old.layer, old.sequence)
            missing = story.missing(old.layer, old.sequence, newest + 1)
            assert abs(elapsed / CLOCK_RATE - seconds_between(story, old, new)) < MAX_DRIFT_S
        assert skipped <= len(missing)
        assert elapsed < 1 << 31
        assert (elapsed == 0) == ((old.layer, old.timestamp) == (new.layer, new.timestamp))
        assert_pictures_go_on(before, after, len({each.timestamp for each in missing}))


def assert_pictures_go_on(before: Got, after: Got, missing: int) -> None:
    """So do the codec's own numbers, but for `missing` pictures."""
    if (old := before.descriptor) is None or (new := after.descriptor) is None:
        return
    pictures, bases = (new.picture_id - old.picture_id) & 0x7FFF, (new.tl0_index - old.tl0_index) & 0xFF
    if before.header.timestamp == after.header.timestamp:
        assert (pictures, bases) == (0, 0)
        return
    assert 1 <= pictures <= 1 + missing
    is_base = new.temporal_layer == 0
    assert is_base <= bases <= is_base + missing


def leaves_out_too_much(story: Story, old: Sent, new: Sent) -> bool:
    """Whether what came in order between two packets of a layer, and was not sent, is needed, or a part of a frame."""
    keys = ((old.layer, sequence) for sequence in range(old.sequence + 1, new.sequence))
    left_out = [story.film.packets[key] for key in keys if key in story.in_order]
    return any(sent.temporal_layer == 0 or sent.timestamp in (old.timestamp, new.timestamp) for sent in left_out)


def seconds_between(story: Story, old: Sent, new: Sent) -> float:
    """Return how long after one packet another one was sent."""
    arrivals, keys = story.film.arrivals, story.film.keys
    return (arrivals[keys.index(new.key)].at_us - arrivals[keys.index(old.key)].at_us) / 1e6


def assert_is_decodable(story: Story) -> None:
    """A frame needs the newest one of every temporal layer up to its own; one that says so only that of the base."""
    whole = {(each.sent.layer, each.sent.timestamp) for each in story.got if each.sent.is_marked}
    newest: dict[tuple[int, int], Sent] = {}
    got = {each.sent.key for each in story.got}
    for sent in sorted(story.film.packets[key] for key in story.delivered):
        frame, layer = sent.descriptor, sent.layer
        if sent.begins_keyframe:  # its end may not come, and what was before is needed no more
            newest = {key: needed for key, needed in newest.items() if key[0] != layer}
        if frame is None or not sent.is_marked:
            continue
        is_key = is_keyframe(story, sent)
        if sent.key in got and not is_key:
            below = (0,) if frame.is_sync else range(frame.temporal_layer + 1)
            for needed in (newest.get((layer, each)) for each in below):
                assert needed is None or (layer, needed.timestamp) in whole or not came_whole(story, needed)
        newest[layer, frame.temporal_layer] = sent
        if is_key:
            for each in range(1, WHOLE):
                newest.pop((layer, each), None)


def is_keyframe(story: Story, end: Sent) -> bool:
    """Whether a frame that ends with a packet needs no other."""
    return any(each.begins_keyframe for each in frame_of(story, end))


def came_whole(story: Story, end: Sent) -> bool:
    """Whether all packets of a frame came in order."""
    return all(each.key in story.in_order for each in frame_of(story, end))


def frame_of(story: Story, end: Sent) -> list[Sent]:
    """Return the packets of a frame."""
    found, sequence = list[Sent](), end.sequence
    while (each := story.film.packets.get((end.layer, sequence))) is not None and each.timestamp == end.timestamp:
        found.append(each)
        sequence -= 1
    return found


@both_codecs
def test_the_line_was_good_at_first(codec: str) -> None:
    reel, newest = film(codec), dict[int, int]()
    for arrival, key in zip(reel.arrivals[:CLEAN], reel.keys, strict=False):
        if key is not None and not reel.is_rtx(arrival):
            layer, sequence = key
            assert sequence == newest.get(layer, sequence - 1) + 1
            newest[layer] = sequence
    assert newest.keys() == {0, 1, 2}


@both_codecs
@pytest.mark.parametrize("is_shuffled", [False, True])
async def test_the_whole_film_is_one_stream(codec: str, *, is_shuffled: bool) -> None:
    """As it was recorded, with what was lost on the way, to somebody who looks at each layer in turn."""
    reel = film(codec)
    length = len(reel.arrivals)
    looks = [Wish(length // 40, at % 3, 2, at % 4 == 3, at % 9 == 8) for at in range(39)]
    keyframes = [at for at, key in enumerate(reel.keys) if key and reel.packets[key].begins_keyframe]
    fates = overtaken((*keyframes, *moments(looks))) if is_shuffled else {}
    story = await tell(codec, 0, looks, fates, length=length, answers=False, by_rid=True)
    assert {each.sent.layer for each in story.got} == {0, 1, 2}
    assert_is_one_stream(story)
    assert_is_decodable(story)


@both_codecs
async def test_a_keyframe_that_begins_late_is_completed(codec: str) -> None:
    """What overtook its beginning was not sent then: the subscriber finds the gap, and asks."""
    reel = film(codec)
    begins = (at for at in range(CLEAN) if (key := reel.keys[at]) and key[0] == 2 and reel.packets[key].begins_keyframe)
    begin = next(islice(begins, 3, None))
    async with running_worker() as rig:
        player = await Player.meet(rig, reel, reel.stream_by_ssrc)
        player.fates = {begin: "late"}
        for first, end in player.chunks(begin - 60, begin + 40):
            player.tick(first)
            await player.play(first, end)
        limits: dict[Key, int] = {}
        packets = player.received()
        numbers = [parsed(packet).sequence for packet in packets]
        gaps = [number for before, after in pairwise(numbers) for number in range(before + 1, after)]
        assert gaps
        packets += [plain(packet) for packet in await player.ask_again(gaps)]
        story = understood(reel, player.delivered, limits, packets)
        start = next(at for at, each in enumerate(story.got) if each.sent.layer == 2)
        sequences = [each.sent.sequence for each in story.got[start:]]
        key = reel.keys[begin]
        assert key is not None
        assert sequences == list(range(key[1], key[1] + len(sequences)))


@both_codecs
@some
@given(st.integers(0, CLEAN - LENGTH), wishes)
async def test_changes_leave_no_seam(codec: str, first: int, wanted: list[Wish]) -> None:
    story = await tell(codec, first, wanted)
    assert_is_one_stream(story)
    assert_is_decodable(story)
    assert story.empty == []
    for before, after in pairwise(story.got):
        assert after.number == before.number + 1
    for each in story.got:
        first_of_frame = frame_of(story, each.sent)[-1].key
        if first_of_frame in story.limits:
            assert each.sent.temporal_layer <= story.limits[first_of_frame]


@both_codecs
@some
@given(st.data(), wishes, fates, st.booleans())
async def test_losses_leave_no_seam_either(
    codec: str, data: st.DataObject, wanted: list[Wish], lost: dict[int, Fate], answers: bool
) -> None:
    first = data.draw(st.integers(0, len(film(codec).arrivals) - LENGTH))
    story = await tell(codec, first, wanted, overtaken(moments(wanted)) | lost, answers=answers)
    assert_is_one_stream(story)
    assert_is_decodable(story)


@both_codecs
@some
@given(st.integers(0, CLEAN - LENGTH), fates)
async def test_what_was_missing_comes_after_all(codec: str, first: int, lost: dict[int, Fate]) -> None:
    story = await tell(codec, first, [], lost)
    if not story.got:
        return
    layer = story.got[-1].sent.layer
    begun = next(
        each.sent
        for before, each in pairwise((None, *story.got))
        if each is not None and each.sent.layer == layer and (before is None or before.sent.layer != layer)
    )
    got = {each.sent.key for each in story.got}
    since = story.delivered[story.delivered.index(begun.key) :]
    assert all(key in got for key in since if key[0] == layer and key[1] > begun.sequence)
