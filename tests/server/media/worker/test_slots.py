from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.arrangement import Packet
from server.media.worker.gaps import MAX_GAP, SOUND_PER_S
from server.media.worker.slots import (
    CLOCK_RATE,
    HISTORY_PACKETS,
    HISTORY_S,
    AudioSlots,
    History,
    Rewritten,
    SlotRewriter,
)
from server.media.worker.speakers import Speakers

FRAME = 960


def distance(earlier: int, later: int) -> int:
    """How far a 32-bit timestamp is after another one."""
    return (later - earlier + (1 << 31)) % (1 << 32) - (1 << 31)


class TestAudioSlots:
    def test_who_is_in_stays_and_who_is_new_gets_a_free_slot_first(self) -> None:
        slots = AudioSlots(3)
        assert slots.assign(["a", "b"]) == [0, 1]
        assert slots.assign(["c", "b"]) == [2]
        assert slots.speakers == [None, "b", "c"]

    def test_who_is_new_gets_the_slot_of_whoever_was_silent_the_longest(self) -> None:
        speakers, slots = Speakers(), AudioSlots(2)
        for at, name in enumerate("abc"):
            speakers.add(name)
            slots.assign(speakers.active(2))
            speakers.put(name, 0x80 | 30, 2.0 * at)
            if speakers.put(name, 0x80 | 30, 2.0 * at + 0.02):
                slots.assign(speakers.active(2))
            speakers.update(2.0 * at + 1.5)
        assert slots.speakers == ["c", "b"]

    def test_nobody_new_changes_nothing_whatever_the_order(self) -> None:
        slots = AudioSlots(3)
        slots.assign(["a", "b", "c"])
        assert slots.assign(["c", "a", "b"]) == []
        assert slots.speakers == ["a", "b", "c"]

    @given(st.integers(1, 6), st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=30))
    def test_the_first_have_one_slot_each_and_nobody_moves(self, count: int, rounds: list[list[str]]) -> None:
        slots = AudioSlots(count)
        for active in rounds:
            before = list(slots.speakers)
            changed = slots.assign(active)
            assert len(slots.speakers) == count
            assert sorted(filter(None, slots.speakers)) == sorted(active[:count])
            for slot, (old, new) in enumerate(zip(before, slots.speakers, strict=True)):
                assert (slot in changed) == (new is not None and new != old)
                assert old is None or old not in active[:count] or new == old

    @given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 255), st.booleans()), max_size=100))
    def test_nobody_is_ever_cut_while_there_are_no_more_publishers_than_slots(
        self, steps: list[tuple[str, int, bool]]
    ) -> None:
        speakers, slots, present = Speakers(), AudioSlots(5), set[str]()
        for number, (name, level, is_muted) in enumerate(steps):
            (speakers.remove if is_muted else speakers.add)(name)
            (present.discard if is_muted else present.add)(name)
            speakers.put(name, level, number / 50)
            speakers.update(number / 50)
            before = list(slots.speakers)
            slots.assign(speakers.active(5))
            assert set(filter(None, slots.speakers)) == present
            assert all(old == new for old, new in zip(before, slots.speakers, strict=True) if old in present)


class TestSlotRewriter:
    def test_a_speaker_s_losses_stay_gaps_and_what_is_late_stays_late(self) -> None:
        rewriter = SlotRewriter(100, 5_000, 10.0)
        taken = [rewriter.rewrite(7_000 + n, 90_000 + FRAME * n, 10 + n / 50) for n in (0, 1, 4, 3, 5)]
        assert taken == [Rewritten(100 + n, 5_000 + FRAME * n, n == 0) for n in (0, 1, 4, 3, 5)]
        assert rewriter.highest == 105

    def test_at_a_change_the_sequence_goes_on_and_the_timestamp_follows_the_clock(self) -> None:
        rewriter = SlotRewriter(100, 5_000, 10.0)
        rewriter.rewrite(7_000, 90_000, 10.0)
        rewriter.change()
        assert rewriter.rewrite(3, 1, 12.5) == Rewritten(101, 5_000 + 5 * CLOCK_RATE // 2, is_first=True)
        assert rewriter.rewrite(4, 961, 12.52) == Rewritten(102, 5_000 + 5 * CLOCK_RATE // 2 + FRAME, is_first=False)
        assert rewriter.timestamp_at(13.02) == 5_000 + 3 * CLOCK_RATE + FRAME

    def test_a_change_within_a_frame_does_not_overlap_it(self) -> None:
        rewriter = SlotRewriter(0, 0, 10.0)
        for number in range(3):
            rewriter.rewrite(number, 3 * FRAME * number, 10 + number * 0.06)
        rewriter.change()
        rewritten = rewriter.rewrite(9, 9, 10.125)
        assert rewritten is not None
        assert rewritten.timestamp == 3 * FRAME * 3

    def test_packets_from_before_the_change_are_too_late(self) -> None:
        rewriter = SlotRewriter(100, 0, 10.0)
        rewriter.rewrite(50, 0, 10.0)
        rewriter.change()
        assert rewriter.rewrite(70, FRAME, 10.02) is not None
        assert rewriter.rewrite(69, 0, 10.03) is None
        assert rewriter.rewrite(72, 3 * FRAME, 10.04) == Rewritten(103, 4 * FRAME - 960, is_first=False)
        assert rewriter.rewrite(71, 2 * FRAME, 10.05) == Rewritten(102, 3 * FRAME - 960, is_first=False)

    def test_timestamps_wrap(self) -> None:
        rewriter = SlotRewriter(0, (1 << 32) - 1, 10.0)
        assert rewriter.rewrite(5, (1 << 32) - 960, 10.0) == Rewritten(0, (1 << 32) - 1, is_first=True)
        assert rewriter.rewrite(6, 0, 10.02) == Rewritten(1, 959, is_first=False)

    @given(
        st.lists(
            st.tuples(
                st.integers(1 << 16, 1 << 40),
                st.integers(0, (1 << 32) - 1),
                st.sampled_from([480, 960, 2_880]),
                st.lists(st.integers(0, 12), min_size=1, max_size=25),
                st.floats(0, 5),
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_whoever_speaks_and_whatever_gets_lost_it_is_one_stream(
        self, turns: list[tuple[int, int, int, list[int], float]]
    ) -> None:
        rewriter, now = SlotRewriter(1_000, 123, 50.0), 50.0
        seen: dict[int, int] = {}
        for sequence, timestamp, frame, order, pause in turns:
            rewriter.change()
            now += pause
            before, before_at = rewriter.highest, rewriter.timestamp_at(now)
            first: Rewritten | None = None
            for at in dict.fromkeys(order):  # in any order, some missing
                rewritten = rewriter.rewrite(sequence + at, (timestamp + frame * at) % (1 << 32), now)
                if rewritten is None:
                    assert at < order[0]
                    continue
                assert rewritten.sequence not in seen
                if first is None:
                    first = rewritten
                    assert rewritten.is_first
                    assert rewritten.sequence == before + 1
                    if seen:
                        assert distance(seen[before], rewritten.timestamp) >= 480
                        assert distance(before_at, rewritten.timestamp) >= 0
                assert rewritten.sequence - first.sequence == at - order[0]
                assert distance(first.timestamp, rewritten.timestamp) == frame * (at - order[0])
                assert rewritten.is_first == (rewritten is first)
                seen[rewritten.sequence] = rewritten.timestamp
                now += frame / CLOCK_RATE
        timestamps = [seen[number] for number in sorted(seen)]
        assert all(distance(earlier, later) > 0 for earlier, later in pairwise(timestamps))

    @pytest.mark.parametrize("jump", [MAX_GAP + 2, 30_000, 1 << 40])
    def test_a_jump_of_a_speaker_s_is_a_change(self, jump: int) -> None:
        rewriter = SlotRewriter(100, 5_000, 10.0)
        rewriter.rewrite(7_000, 90_000, 10.0)
        assert rewriter.rewrite(7_000 + jump, 90_000 + FRAME, 10.02) == Rewritten(101, 5_000 + FRAME, is_first=True)
        assert rewriter.rewrite(7_001, 90_000 + FRAME, 10.03) is None, "from before"

    @pytest.mark.parametrize("step", [0, -1, -FRAME, 1 << 31, 6 * CLOCK_RATE])
    def test_a_timestamp_that_no_time_explains_is_a_change(self, step: int) -> None:
        rewriter = SlotRewriter(100, 5_000, 10.0)
        rewriter.rewrite(7_000, 90_000, 10.0)
        place = rewriter.rewrite(7_001, (90_000 + step) % (1 << 32), 10.02)
        assert place == Rewritten(101, 5_000 + FRAME, is_first=True)

    def test_a_silence_and_packets_that_were_held_up_are_no_change(self) -> None:
        rewriter = SlotRewriter(100, 5_000, 10.0)
        rewriter.rewrite(7_000, 90_000, 10.0)
        silence = 60 * CLOCK_RATE
        assert rewriter.rewrite(7_001, 90_000 + silence, 70.0) == Rewritten(101, 5_000 + silence, is_first=False)
        late = silence + 2 * CLOCK_RATE
        assert rewriter.rewrite(7_101, 90_000 + late, 70.0) == Rewritten(201, 5_000 + late, is_first=False)

    def test_what_is_too_far_behind_is_too_late(self) -> None:
        rewriter = SlotRewriter(1_000, 0, 10.0)
        for number in range(0, 3 * MAX_GAP, MAX_GAP):
            rewriter.rewrite(number, number * FRAME, 10 + number / 50)
        assert rewriter.rewrite(MAX_GAP, 0, 90.0) is not None
        assert rewriter.rewrite(MAX_GAP - 1, 0, 90.0) is None

    @given(
        st.lists(
            st.tuples(
                st.integers(-40_000, 40_000) | st.integers(-3, 700),
                st.integers(0, (1 << 32) - 1) | st.just(FRAME),
                st.floats(0, 0.1),
                st.booleans(),
            ),
            max_size=60,
        )
    )
    def test_whatever_speakers_do_the_numbers_run_no_faster_than_time_and_never_back(
        self, steps: list[tuple[int, int, float, bool]]
    ) -> None:
        rewriter, start = SlotRewriter(1_000, 123, 50.0), 50.0
        sequence, timestamp, now, packets = 1 << 20, 0, start, 0
        newest = None
        for distance_to_last, later, pause, is_change in steps:
            sequence, timestamp, now = sequence + distance_to_last, (timestamp + later) % (1 << 32), now + pause
            if is_change:
                rewriter.change()
            before = rewriter.highest
            place = rewriter.rewrite(sequence, timestamp, now)
            if place is None:
                continue
            packets += 1
            assert abs(place.sequence - before - 1) <= MAX_GAP + 1
            assert rewriter.highest < 1_000 + packets + MAX_GAP + SOUND_PER_S * (now - start)
            if place.sequence > before:
                if newest is not None:
                    assert distance(newest, place.timestamp) > 0
                newest = place.timestamp


class TestHistory:
    def test_the_last_tenth_of_a_second_is_kept_in_the_speaker_s_order(self) -> None:
        history = History()
        for number, now in [(1, 10.0), (3, 10.04), (2, 10.05), (4, 10.06)]:
            history.put(packet(number), now)
        assert history.take(10.0 + HISTORY_S + 0.02) == [
            (packet(2), 10.05),
            (packet(3), 10.04),
            (packet(4), 10.06),
        ]
        assert history.take(10.1) == []

    def test_it_is_bounded(self) -> None:
        history = History()
        for number in range(10 * HISTORY_PACKETS):
            history.put(packet(number), 10.0)
        assert [held.sequence for held, _ in history.take(10.0)] == list(
            range(9 * HISTORY_PACKETS, 10 * HISTORY_PACKETS)
        )

    def test_a_new_speaker_is_heard_from_the_first_packet_of_voice(self) -> None:
        speakers, slots, history = Speakers(), AudioSlots(1), History()
        rewriter = SlotRewriter(500, 0, 10.0)
        for name in ("talked", "new"):
            speakers.add(name)
        slots.assign(speakers.active(1))
        sent = [rewriter.rewrite(number, number * FRAME, 10 + number / 50) for number in range(50)]
        for number in range(50):
            now = 11 + number / 50
            level = 0x80 | 30 if number >= 40 else 127
            if speakers.put("new", level, now):
                assert slots.assign(speakers.active(1)) == [0]
                rewriter.change()
                sent += [rewriter.rewrite(held.sequence, held.timestamp, at) for held, at in history.take(now)]
            if slots.speakers == ["new"]:
                sent.append(rewriter.rewrite(number, number * FRAME, now))
            else:
                history.put(packet(number), now)
        numbers = [rewritten.sequence for rewritten in sent if rewritten is not None]
        assert numbers == list(range(500, 500 + 50 + 5 + 9))
        replayed = sent[50]
        assert replayed is not None
        assert replayed.is_first
        assert replayed.timestamp == round((11 + 36 / 50 - 10) * CLOCK_RATE)


def packet(sequence: int) -> Packet:
    return Packet(b"opus", sequence, sequence * FRAME)
