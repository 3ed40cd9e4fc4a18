from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.feedback import (
    MAX_MISSING,
    NACK_ATTEMPTS,
    NACK_INTERVAL_S,
    KeyframeThrottle,
    MissingPackets,
    Reception,
)
from server.media.worker.rtcp import SenderReport


class TestKeyframeThrottle:
    def test_the_first_request_is_sent_at_once(self) -> None:
        assert KeyframeThrottle().ask(0.0)

    def test_a_request_too_early_is_deferred_not_dropped(self) -> None:
        throttle = KeyframeThrottle()
        throttle.ask(10.0)
        assert not throttle.ask(10.3)
        assert throttle.due_at == 11.0
        assert not throttle.take_due(10.9)
        assert throttle.take_due(11.0)
        assert throttle.due_at is None

    def test_many_early_requests_become_one(self) -> None:
        throttle = KeyframeThrottle()
        throttle.ask(10.0)
        for hundredths in range(1, 100):
            assert not throttle.ask(10 + hundredths / 100)
        assert throttle.take_due(11.0)
        assert not throttle.take_due(12.0)

    @given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
    def test_whatever_comes_there_is_one_a_second_and_one_after_the_last_request(self, gaps: list[float]) -> None:
        throttle = KeyframeThrottle()
        now, sent = 100.0, []
        for gap in gaps:
            while throttle.due_at is not None and throttle.due_at <= now + gap:
                due = throttle.due_at
                assert throttle.take_due(due)
                sent.append(due)
            now += gap
            if throttle.ask(now):
                sent.append(now)
        last_request = now
        if throttle.due_at is not None:
            due = throttle.due_at
            assert throttle.take_due(due)
            sent.append(due)
        assert sent[-1] >= last_request
        assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(sent))


class TestReception:
    def test_loss_is_reported_since_the_last_report_and_in_all(self) -> None:
        reception = Reception(90_000)
        for sequence in (65_534, 65_535, 1, 2):
            reception.add(sequence, 0, 0.0)
        block = reception.block(5, 0.0)
        assert block is not None
        assert (block.ssrc, block.packets_lost, block.fraction_lost) == (5, 1, 256 // 5)
        assert block.highest_sequence == 65_538
        reception.add(3, 0, 0.0)
        block = reception.block(5, 0.0)
        assert block is not None
        assert (block.packets_lost, block.fraction_lost) == (1, 0)

    def test_nothing_is_reported_before_the_first_packet(self) -> None:
        assert Reception(90_000).block(5, 0.0) is None

    def test_a_late_packet_is_no_longer_lost(self) -> None:
        reception = Reception(90_000)
        assert [reception.add(sequence, 0, 0.0) for sequence in (10, 12, 11)] == [65_546, 65_548, 65_547]
        block = reception.block(5, 0.0)
        assert block is not None
        assert block.packets_lost == 0

    def test_the_sender_report_is_referred_to(self) -> None:
        reception = Reception(90_000)
        reception.add(1, 0, 0.0)
        reception.on_sender_report(SenderReport(5, 0x1234_5678_9ABC_DEF0, 0, 0, 0), 10.0)
        block = reception.block(5, 10.5)
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
        block = reception.block(1, 51.0)
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
        assert asked == NACK_ATTEMPTS
        assert not missing.take(101)

    def test_what_has_come_is_not_asked_for_again(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 103, 1.0)
        missing.take_due(1.0)
        assert missing.take(101)
        assert not missing.take(101)
        assert missing.take_due(1.0 + NACK_INTERVAL_S) == [100, 102]

    def test_nothing_is_asked_for_before_its_time(self) -> None:
        missing = MissingPackets()
        missing.on_gap(100, 101, 1.0)
        assert missing.take_due(1.0) == [100]
        assert missing.take_due(1.0 + NACK_INTERVAL_S / 2) == []

    def test_a_gap_too_large_is_a_case_for_a_keyframe(self) -> None:
        missing = MissingPackets()
        assert missing.on_gap(0, 10, 1.0)
        assert not missing.on_gap(10, 10 + MAX_MISSING, 1.0)
        assert missing.next_due is None
