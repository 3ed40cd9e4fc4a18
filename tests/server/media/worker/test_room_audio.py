"""Who is heard in a room, and in which slot: over real sockets, DTLS and SRTP."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.messages import AUDIO_SLOTS
from server.media.worker.room_audio import MAX_TALKING
from server.media.worker.slots import HISTORY_S
from server.media.worker.speakers import DOMINANT_AFTER_S, HOLD_S, ONSET_PACKETS, PAUSE_S, UPDATE_INTERVAL_S
from tests.server.media.worker.people import (
    PACKET_S,
    VOICE,
    HeardPacket,
    Person,
    consume_slots,
    heard,
    pass_time,
    people,
    send_all,
    send_levels,
    told,
)
from tests.server.media.worker.rig import Rig, running_worker


def is_after(earlier: int, later: int) -> bool:
    return 0 < (later - earlier) & 0xFFFFFFFF < 1 << 31


async def test_in_a_small_room_everybody_hears_everybody_else_all_the_time(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS)
    await pass_time(rig, persons, 0.1)
    for person in persons:
        packets = await person.take()
        assert {packet.speaker for packet in packets} == {other.name for other in persons} - {person.name}
        assert len(packets) == 5 * (AUDIO_SLOTS - 1)
        assert len({packet.header.ssrc for packet in packets}) == AUDIO_SLOTS - 1


async def test_in_a_large_room_whoever_begins_to_talk_is_heard_from_the_first_packet(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 2)
    *_, listener, new = persons
    await pass_time(rig, persons, 0.5, persons[0])
    assert new.name not in {packet.speaker for packet in await listener.take()}
    first = new.sent
    await pass_time(rig, persons, 0.2, persons[0], new)
    packets = [packet for packet in await listener.take() if packet.speaker == new.name]
    assert {packet.index for packet in packets} >= set(range(first, new.sent))
    assert first - packets[0].index <= HISTORY_S / PACKET_S, "and nothing older than that"
    assert [packet.header.is_marked for packet in packets] == [True] + [False] * (len(packets) - 1)


async def test_a_new_speaker_is_heard_when_one_of_too_many_pauses(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 2)
    listener, new, *others = persons
    await pass_time(rig, persons, 0.5, *others)
    await pass_time(rig, persons, PAUSE_S + 2 * PACKET_S, *others[1:])
    await listener.take()
    first = new.sent
    await pass_time(rig, persons, 0.1, *others[1:], new)
    indexes = [packet.index for packet in await listener.take() if packet.speaker == new.name]
    assert indexes[-1] == new.sent - 1
    assert first in indexes


async def test_nobody_hears_themself_on_another_device(rig: Rig) -> None:
    one, other = await people(rig, 2)
    tablet = await rig.connect("tablet", group=one.name)
    consume_slots(rig, "tablet")
    one.send()
    other.send()
    assert heard(await tablet.next_rtp()).speaker == other.name
    await rig.drained()
    assert tablet.rtp.empty()


@pytest.mark.parametrize("is_talking", [False, True])
async def test_nothing_is_heard_of_whoever_is_muted(rig: Rig, *, is_talking: bool) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    listener, muted = persons[0], persons[-1]
    talkers = [muted] if is_talking else []
    await pass_time(rig, persons, 0.2, *talkers)
    await listener.take()
    muted.mute()
    assert muted.name not in told(rig).slots
    for _ in range(10):
        muted.send(VOICE)
    await rig.drained()
    assert await listener.take() == []
    muted.mute(is_muted=False)
    before = muted.sent
    await pass_time(rig, persons, 0.2, muted)
    indexes = [packet.index for packet in await listener.take() if packet.speaker == muted.name]
    assert indexes == list(range(before, muted.sent)), "nothing was kept meanwhile"


async def test_a_slot_that_somebody_leaves_goes_to_the_next(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    assert told(rig).slots == ["p0", "p1", "p2", "p3"]
    rig.time.advance(UPDATE_INTERVAL_S)
    rig.worker.do(m.CloseTransport(transport_id="p1"))
    assert told(rig).slots == ["p0", "p4", "p2", "p3"]
    await pass_time(rig, [persons[4]], PACKET_S)
    assert await persons[0].heard() == ["p4 0"]


async def test_the_control_side_is_told_who_talks_and_who_dominates_and_only_changes(rig: Rig) -> None:
    persons = await people(rig, 3)
    one, other, _ = persons
    await pass_time(rig, persons, 0.5)
    slots = ["p0", "p1", "p2", None]
    assert told(rig) == m.SpeakersChanged(router_id="router", slots=slots, talking=[], dominant=None)
    rig.events.clear()
    await pass_time(rig, persons, ONSET_PACKETS * PACKET_S, other)
    assert told(rig).talking == ["p1"], "at once"
    await pass_time(rig, persons, 2 * DOMINANT_AFTER_S, other)
    assert told(rig).dominant == "p1"
    rig.events.clear()
    await pass_time(rig, persons, 1, other)
    assert rig.events == []
    await pass_time(rig, persons, HOLD_S + 2 * UPDATE_INTERVAL_S)
    assert (told(rig).talking, told(rig).dominant) == ([], "p1")
    other.mute()
    assert told(rig).dominant is None
    assert told(rig).slots == ["p0", None, "p2", None]
    await pass_time(rig, [one], 3, one)
    assert (told(rig).talking, told(rig).dominant) == (["p0"], "p0")


async def test_the_order_of_those_who_talk_is_no_news(rig: Rig) -> None:
    persons = await people(rig, 3)

    async def talk(*levels: int) -> list[str]:
        for _ in range(100):
            rig.time.advance(PACKET_S)
            await send_levels(rig, {person: 0x80 | level for person, level in zip(persons, levels, strict=True)})
        return list(rig.worker._routers["router"].audio._speakers.talking)

    assert await talk(0, 5, 40) == ["p0", "p1", "p2"]
    rig.events.clear()
    assert await talk(0, 40, 5) == ["p0", "p2", "p1"]
    assert rig.events == []
    persons[1].mute()
    assert told(rig).talking == ["p0", "p2"]


async def test_silence_is_noticed_when_nobody_sends_at_all(rig: Rig) -> None:
    persons = await people(rig, 2)
    await pass_time(rig, persons, 0.5, persons[0])
    assert told(rig).talking == ["p0"]
    rig.time.advance(HOLD_S + 0.1)
    rig.tick()
    assert told(rig).talking == []


async def test_a_room_full_of_noise_is_told_of_in_part(rig: Rig) -> None:
    persons = await people(rig, MAX_TALKING + 2)
    await pass_time(rig, persons, 0.3, *persons)
    assert len(told(rig).talking) == MAX_TALKING


async def test_whoever_tells_no_levels_is_heard(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    for _ in range(3):
        rig.time.advance(PACKET_S)
        persons[-1].send(None)
        await rig.drained()
    assert await persons[0].heard() == ["p4 0", "p4 1", "p4 2"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(3, 7),
    st.lists(
        st.tuples(
            st.integers(1, 30),
            st.sets(st.integers(0, 6), max_size=6),
            st.none() | st.integers(0, 6),
        ),
        min_size=1,
        max_size=12,
    ),
)
@example(5, [(2, set(), None), (30, {0, 1, 2, 3, 4}, None), (22, set(), None), (3, {0, 4}, None), (9, set(), None)])
async def test_whoever_talks_and_mutes_every_subscriber_gets_a_few_unbroken_streams(
    count: int, steps: list[tuple[int, set[int], int | None]]
) -> None:
    async with running_worker() as rig:
        persons = await people(rig, count)
        sent = Sent()
        received: dict[Person, list[HeardPacket]] = {person: [] for person in persons}
        for packets, talking, toggled in steps:
            if toggled is not None and toggled < count:
                persons[toggled].mute(is_muted=not persons[toggled].is_muted)
            for _ in range(packets):
                rig.time.advance(PACKET_S)
                is_voice = {person: number in talking for number, person in enumerate(persons)}
                sent.note(is_voice, rig.time.now)
                await send_all(rig, is_voice)
            for person in persons:
                received[person] += await person.take()  # before its socket's buffer is full
        for person in persons:
            check_streams(person.name, received[person], sent)
        assert rig.worker.plumbing.outbox.refused == 0


class Sent:
    """What was sent, and what of it must be heard or must not."""

    def __init__(self) -> None:
        self.muted: set[tuple[str, int]] = set()
        self._voice: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._now = 0.0

    def note(self, is_voice: dict[Person, bool], now: float) -> None:
        """Take note of what everybody is about to send."""
        self._now = now
        for person, talks in is_voice.items():
            if person.is_muted:
                self.muted.add((person.name, person.sent))
            elif talks:
                self._voice[person.name].append((person.sent, now))

    def must_be_heard(self) -> set[tuple[str, int]]:
        """Return the packets of voice, in a row, of moments in which no more than have slots talk."""
        in_a_row = {
            (name, index, at)
            for name, packets in self._voice.items()
            for (before, before_at), (after, after_at) in pairwise(packets)
            if after == before + 1
            for index, at in ((before, before_at), (after, after_at))
        }
        return {
            (name, index)
            for name, index, at in in_a_row
            if len(self._talkers(at - PAUSE_S - 3 * PACKET_S, at + 2 * UPDATE_INTERVAL_S)) <= AUDIO_SLOTS
            and at + 2 * UPDATE_INTERVAL_S <= self._now
        }

    def _talkers(self, since: float, until: float) -> set[str]:
        return {name for name, packets in self._voice.items() if any(since <= at <= until for _, at in packets)}


def check_streams(name: str, packets: list[HeardPacket], sent: Sent) -> None:
    """See that what somebody received is as it should be."""
    by_ssrc: dict[int, list[HeardPacket]] = defaultdict(list)
    for packet in packets:
        by_ssrc[packet.header.ssrc].append(packet)
    assert by_ssrc.keys() <= set(range(600_000, 600_000 + AUDIO_SLOTS)), "at most these streams"
    for stream in by_ssrc.values():
        for before, after in pairwise(stream):
            assert (after.header.sequence - before.header.sequence) & 0xFFFF == 1
            assert is_after(before.header.timestamp, after.header.timestamp)
            if before.speaker != after.speaker:
                assert after.header.is_marked
    seen = {(packet.speaker, packet.index) for packet in packets}
    assert len(seen) == len(packets), "nothing comes twice"
    assert name not in {speaker for speaker, _ in seen}, "nobody hears themself"
    assert seen.isdisjoint(sent.muted)
    assert {(speaker, index) for speaker, index in sent.must_be_heard() if speaker != name} <= seen
