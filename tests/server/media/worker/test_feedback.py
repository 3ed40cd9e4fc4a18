import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.lines.line import Impairment, Line
from server.media.worker.feedback import (
    GIVE_UP_S,
    KEYFRAME_INTERVAL_S,
    KEYFRAME_REPEAT_S,
    MAX_KEYFRAME_REQUESTS,
    MAX_MISSING,
    MAX_NACK_INTERVAL_S,
    MIN_NACK_INTERVAL_S,
    NACK_SPACING_S,
    OVERDUE_S,
    KeyframeRequests,
    MissingPackets,
    Reception,
)
from server.media.worker.rtcp import SenderReport


class TestKeyframeRequests:
    def test_the_first_request_is_sent_at_once(self) -> None:
        requests = KeyframeRequests()
        assert not requests.are_open
        assert requests.ask(7, 0.0)
        assert requests.are_open

    def test_it_is_repeated_until_a_keyframe_comes(self) -> None:
        requests = KeyframeRequests()
        requests.ask(7, 10.0)
        assert not requests.take_due(10.0 + 0.9 * KEYFRAME_REPEAT_S)
        assert requests.take_due(10.0 + KEYFRAME_REPEAT_S)
        assert requests.due_at == 10.0 + 3 * KEYFRAME_REPEAT_S, "the line may be slow"
        requests.on_keyframe(7)
        assert requests.are_open, "this one came before"
        requests.on_keyframe(8)
        assert not requests.are_open
        assert not requests.take_due(99.0)

    def test_not_for_ever(self) -> None:
        requests, sent = KeyframeRequests(), 1
        assert requests.ask(7, 10.0)
        while (due := requests.due_at) is not None:
            sent += requests.take_due(due)
        assert sent == MAX_KEYFRAME_REQUESTS

    def test_a_request_too_early_is_deferred_not_dropped(self) -> None:
        requests = KeyframeRequests()
        requests.ask(7, 10.0)
        requests.on_keyframe(9)
        for hundredths in range(20, 100):
            assert not requests.ask(hundredths, 10 + hundredths / 100)
        assert requests.due_at == 11.0
        assert not requests.take_due(10.9)
        assert requests.take_due(11.0)

    def test_a_keyframe_answers_a_deferred_request_too(self) -> None:
        requests = KeyframeRequests()
        requests.ask(7, 10.0)
        requests.on_keyframe(9)
        assert not requests.ask(12, 10.1)
        requests.on_keyframe(12)
        assert requests.due_at == 11.0
        requests.on_keyframe(13)
        assert requests.due_at is None

    @given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=60))
    def test_whatever_comes_answers_are_asked_for_once_a_second_and_after_the_last_request(
        self, steps: list[tuple[float, bool]]
    ) -> None:
        """Every step is a request, or a keyframe that comes."""
        requests = KeyframeRequests()
        now, asked_at, answered_at = 100.0, -math.inf, -math.inf
        sent, answered = list[float](), list[int]()
        for newest, (gap, is_request) in enumerate(steps):
            while requests.due_at is not None and requests.due_at <= now + gap:
                sent.append(requests.due_at)
                assert requests.take_due(requests.due_at)
            now += gap
            if is_request:
                asked_at = now
                if requests.ask(newest, now):
                    sent.append(now)
            elif requests.are_open:
                requests.on_keyframe(newest)
                answered_at = now
                answered.append(len(sent))
        assert all(later - earlier >= KEYFRAME_REPEAT_S - 1e-9 for earlier, later in pairwise(sent))
        for number in answered:
            assert number == len(sent) or sent[number] - sent[number - 1] >= KEYFRAME_INTERVAL_S - 1e-9
        if requests.due_at is not None:
            sent.append(requests.due_at)
        if asked_at > answered_at:
            assert max(sent, default=math.inf) >= asked_at


class TestReception:
    def test_the_line_s_loss_is_reported_since_the_last_report(self) -> None:
        reception = Reception(90_000)
        for sequence in (65_534, 65_535, 1, 2):
            reception.add(sequence, 0, 0.0)
        block = reception.block(5, 0.0, given_up=0)
        assert block is not None
        assert (block.ssrc, block.fraction_lost) == (5, 256 // 5)
        assert block.highest_sequence == 65_538
        reception.add(3, 0, 0.0)
        block = reception.block(5, 0.0, given_up=0)
        assert block is not None
        assert block.fraction_lost == 0

    def test_only_what_stayed_lost_counts_in_all(self) -> None:
        reception = Reception(90_000)
        for sequence in (1, 5):
            reception.add(sequence, 0, 0.0)
        block = reception.block(5, 0.0, given_up=1)
        assert block is not None
        assert (block.packets_lost, block.fraction_lost) == (1, 3 * 256 // 5)

    def test_the_worst_loss_on_the_way_is_reported(self) -> None:
        reception = Reception(48_000)
        for sequence in (1, 2, 4):
            reception.add(sequence, 0, 0.0)
        block = reception.block(5, 0.0, given_up=0, worst_loss=60)
        assert block is not None
        assert block.fraction_lost == 64, "of the four packets one is lost on the way to us"
        reception.add(5, 0, 0.0)
        block = reception.block(5, 0.0, given_up=0, worst_loss=60)
        assert block is not None
        assert block.fraction_lost == 60

    def test_nothing_is_reported_before_the_first_packet(self) -> None:
        assert Reception(90_000).block(5, 0.0, given_up=0) is None

    def test_a_late_packet_is_no_longer_lost(self) -> None:
        reception = Reception(90_000)
        assert [reception.add(sequence, 0, 0.0) for sequence in (10, 12, 11)] == [65_546, 65_548, 65_547]
        block = reception.block(5, 0.0, given_up=0)
        assert block is not None
        assert block.fraction_lost == 0

    def test_the_sender_report_is_referred_to(self) -> None:
        reception = Reception(90_000)
        reception.add(1, 0, 0.0)
        reception.on_sender_report(SenderReport(5, 0x1234_5678_9ABC_DEF0, 0, 0, 0), 10.0)
        block = reception.block(5, 10.5, given_up=0)
        assert block is not None
        assert (block.last_sender_report, block.delay) == (0x5678_9ABC, 32_768)

    def test_jitter_is_the_smoothed_difference_of_transit_times(self) -> None:
        reception = Reception(8_000)
        expected = 0.0
        for sequence in range(40):
            late = 0.01 * (sequence % 2)  # every other packet is 80 units late
            reception.add(sequence, (4_294_967_000 + 160 * sequence) & 0xFFFFFFFF, 50 + 0.02 * sequence + late)
            # The timestamp wraps around after the second packet, which says nothing about jitter.
            if sequence not in (0, 2):
                expected += (80 - expected) / 16
        block = reception.block(1, 51.0, given_up=0)
        assert block is not None
        assert abs(block.jitter - expected) <= 1


class TestMissingPackets:
    def test_a_gap_is_asked_for_again_and_again_then_given_up(self) -> None:
        missing = MissingPackets()
        assert missing.on_gap(100, 103, 1.0)
        now, asked = 1.0, 0
        while (due := missing.next_due) is not None:
            now = due
            packets = missing.take_due(now)
            assert packets in ([100, 101, 102], [])
            asked += bool(packets)
        assert asked == pytest.approx(GIVE_UP_S / MAX_NACK_INTERVAL_S, abs=1)
        assert now == pytest.approx(1.0 + GIVE_UP_S, abs=MAX_NACK_INTERVAL_S)
        assert missing.given_up == missing.overdue == 3
        assert missing.take(101, now) is None

    def test_what_is_missed_for_long_is_overdue_once(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 102, 1.0)
        for tenth in range(20):
            missing.take_due(1.0 + tenth / 10)
            assert missing.overdue == (2 if tenth / 10 >= OVERDUE_S else 0)
        assert missing.given_up == 0
        assert missing.take(100, 1.0 + GIVE_UP_S) is not None, "it is still taken"

    def test_what_nobody_needs_is_not_asked_for_but_taken(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 103, 1.0)
        while (due := missing.next_due) is not None and due < 1.0 + OVERDUE_S + 0.1:
            assert missing.take_due(due, is_needed=False) == []
        assert missing.take(101, due or 0.0) is not None
        assert missing.take_due(due or 0.0) == [100, 102], "somebody has come"
        assert missing.overdue == 2
        missing.take_due(1.0 + GIVE_UP_S, is_needed=False)
        assert (missing.next_due, missing.given_up) == (None, 0)

    def test_what_nobody_needs_is_looked_at_as_rarely_as_the_rest(self) -> None:
        missing, looks = MissingPackets(), 0
        for millisecond in range(1_000):
            now = 1.0 + millisecond / 1_000
            if millisecond % 2 and millisecond < 900:
                missing.on_gap(millisecond, millisecond + 1, now)
            if (missing.next_due or now + 1) <= now:
                looks += 1
                missing.take_due(now, is_needed=False)
        assert looks <= 1 + 1 / NACK_SPACING_S

    def test_a_keyframe_makes_up_for_what_was_missed_before(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 101, 1.0)
        missing.on_gap(110, 111, 1.0)
        missing.on_keyframe(105)
        missing.take_due(1.0 + OVERDUE_S)
        assert missing.overdue == 1, "of the one after it"

    def test_what_has_come_is_not_asked_for_again(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 103, 1.0)
        missing.take_due(1.0)
        assert missing.take(101, 1.0) == 0.0
        assert missing.take(101, 1.0) is None
        assert missing.take_due(1.0 + MAX_NACK_INTERVAL_S) == [100, 102]

    def test_nothing_is_asked_for_before_its_time(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 101, 1.0)
        assert missing.take_due(1.0) == [100]
        assert missing.take_due(1.0 + MAX_NACK_INTERVAL_S / 2) == []

    def test_what_is_missed_right_after_a_request_is_asked_for_together(self) -> None:
        missing = MissingPackets()
        for at, sequence in enumerate((100, 102, 104)):
            missing.on_gap(sequence, sequence + 1, 1.0 + at * NACK_SPACING_S / 4)
            assert missing.take_due(1.0 + at * NACK_SPACING_S / 4) == ([100] if at == 0 else [])
        assert missing.next_due == 1.0 + NACK_SPACING_S
        assert missing.take_due(1.0 + NACK_SPACING_S) == [102, 104]
        missing.on_gap(200, 201, 1.0 + 2 * NACK_SPACING_S)
        assert missing.take_due(1.0 + 2 * NACK_SPACING_S) == [200], "a single one at once"

    def test_a_gap_too_large_is_a_case_for_a_keyframe(self) -> None:
        missing = MissingPackets()
        assert missing.on_gap(0, 10, 1.0)
        assert not missing.on_gap(10, 10 + MAX_MISSING, 1.0)
        assert missing.next_due is None
        assert missing.given_up == 10 + MAX_MISSING

    @pytest.mark.parametrize(
        ("answered_after_s", "interval_s"),
        [(0.02, MIN_NACK_INTERVAL_S), (0.2, 0.05), (2.0, MAX_NACK_INTERVAL_S)],
    )
    def test_requests_follow_each_other_as_answers_come(self, answered_after_s: float, interval_s: float) -> None:
        missing, now = MissingPackets(), 1.0
        for sequence in range(0, 200, 2):
            missing.on_gap(sequence, sequence + 1, now)
            missing.take_due(now)
            missing.take(sequence, now + answered_after_s)
            missing.on_gap(sequence + 1, sequence + 2, now)
            missing.take(sequence + 1, now + 0.001, is_answer=False)
            now += 3
        missing.on_gap(1_000, 1_001, now)
        missing.take_due(now)
        assert missing.next_due == pytest.approx(now + interval_s)

    @given(st.lists(st.tuples(st.integers(1, MAX_MISSING // 60), st.floats(0, 0.3), st.integers(0, 3)), max_size=60))
    def test_each_packet_comes_or_is_given_up_and_is_asked_for_in_between(
        self, steps: list[tuple[int, float, int]]
    ) -> None:
        missing, now, sequence = MissingPackets(), 5.0, 0
        open_: dict[int, float] = {}
        asked_at: dict[int, float] = {}
        may_ask_at = 0.0
        came = 0
        for gap, pause_s, returning in steps:
            assert missing.on_gap(sequence, sequence + gap, now)
            open_.update(dict.fromkeys(range(sequence, sequence + gap), now))
            sequence += gap
            until = now + pause_s
            while (due := missing.next_due) is not None and due <= until:
                now = max(now, due)
                numbers = missing.take_due(now)
                assert not numbers or now >= may_ask_at
                may_ask_at = now + NACK_SPACING_S if numbers else may_ask_at
                for number in numbers:
                    assert now - open_[number] < GIVE_UP_S
                    assert now - asked_at.get(number, -1.0) >= MIN_NACK_INTERVAL_S - 1e-9
                    asked_at[number] = now
            now = until
            open_ = {number: since for number, since in open_.items() if now - since < GIVE_UP_S + 0.2}
            for number in sorted(open_)[:returning]:
                assert number in asked_at or now - open_[number] <= NACK_SPACING_S
                came += missing.take(number, now) is not None
                del open_[number]
        now += GIVE_UP_S + MAX_NACK_INTERVAL_S
        missing.take_due(now)
        assert missing.next_due is None
        assert came + missing.given_up == sequence


class TestOverABadLine:
    """A browser's stream of 50 packets a second, 20 % loss, 100 ms delay and 30 ms jitter each way; no sockets."""

    def test_what_is_lost_is_there_within_eight_tenths_of_a_second(self) -> None:
        waits = _waits(BAD, seconds=120)
        assert len(waits) / 6_000 > 0.2, "lost or overtaken: the line is bad"
        assert sum(wait > 0.3 for wait in waits) / 6_000 < 0.1
        assert sum(wait > 0.8 for wait in waits) / 6_000 < 0.01

    def test_a_short_line_is_mended_at_once(self) -> None:
        waits = _waits(Impairment(loss=0.05, delay_s=0.01, jitter_s=0.001), seconds=60)
        assert sum(wait > 0.1 for wait in waits) / 3_000 < 0.001


BAD = Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03)


def _waits(impairment: Impairment, *, seconds: int) -> list[float]:
    """Return for how long each packet was missed; those that never came count as for ever.

    The browser answers no request for a packet that it has sent again within its round trip.
    """
    up: Line[tuple[int, bool]] = Line(impairment, Random(1))
    down: Line[list[int]] = Line(impairment, Random(2))
    missing, expected = MissingPackets(), 0
    missed_since: dict[int, float] = {}
    sent_again: dict[int, float] = {}
    waits = []
    for millisecond in range(1_000 * (seconds + 2)):
        now = millisecond / 1_000
        if millisecond % 20 == 0 and now < seconds:
            up.put((millisecond // 20, False), 100, now)
        for sequence, is_answer in up.due(now):
            if sequence >= expected:
                missing.on_gap(expected, sequence, now)
                missed_since.update(dict.fromkeys(range(expected, sequence), now))
                expected = sequence + 1
            elif missing.take(sequence, now, is_answer=is_answer) is not None:
                waits.append(now - missed_since.pop(sequence))
        if due := missing.take_due(now):
            down.put(due, 60, now)
        for asked in down.due(now):
            for sequence in asked:
                if now - sent_again.get(sequence, -1.0) >= 2 * impairment.delay_s:
                    sent_again[sequence] = now
                    up.put((sequence, True), 100, now)
    assert len(missed_since) == missing.given_up
    return waits + [math.inf] * len(missed_since)
