"""What is concluded of a line from what its two ends report."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.feedback import Reception
from server.media.worker.line import MIN_PACKETS, WINDOW_TICKS, Line
from server.media.worker.quality import BETTER_AFTER_S, WORSE_AFTER_S, Mark
from server.media.worker.rtcp import ReportBlock

SOUND_HZ = 48_000
SSRC = 500_003
LONG_S = int(WINDOW_TICKS + BETTER_AFTER_S) + 2


class Publisher:
    """Sends sound in equal steps; some of it does not arrive."""

    def __init__(self, packets_per_s: int = 50) -> None:
        self.reception = Reception(SOUND_HZ)
        self._packets_per_s = packets_per_s
        self._sequence = self._given_up = 0

    def send(self, second: float, *, lose_one_in: int = 0, late_s: float = 0.0) -> None:
        """Send for a second. With `late_s`, every other packet is late by so much."""
        for number in range(self._packets_per_s):
            self._sequence += 1
            if lose_one_in and self._sequence % lose_one_in == 0:
                self._given_up += 1
                continue
            at = second + number / self._packets_per_s
            timestamp = int(at * SOUND_HZ)
            self.reception.add(self._sequence & 0xFFFF, timestamp, at + (late_s if self._sequence % 2 else 0.0))
        self.reception.block(1, second + 1, given_up=self._given_up)


def marks(line: Line, publisher: Publisher, seconds: int, *, start: int = 0, **how: float) -> list[Mark]:
    shown = []
    for second in range(start, start + seconds):
        publisher.send(float(second), **how)  # type: ignore[arg-type]
        line.on_received(publisher.reception, is_audio=True)
        shown.append(line.tick(float(second)))
    return shown


class TestFromThePage:
    def test_a_clean_line_is_good(self) -> None:
        assert set(marks(Line(), Publisher(), LONG_S)) == {Mark.GOOD}

    @pytest.mark.parametrize(("lose_one_in", "quality"), [(20, Mark.FAIR), (5, Mark.POOR), (50, Mark.GOOD)])
    def test_what_is_lost_makes_it_worse(self, lose_one_in: int, quality: Mark) -> None:
        shown = marks(Line(), Publisher(), LONG_S, lose_one_in=lose_one_in)
        assert shown[-1] is quality
        assert shown[0] is Mark.GOOD

    @pytest.mark.parametrize(("late_s", "quality"), [(0.04, Mark.FAIR), (0.1, Mark.POOR), (0.01, Mark.GOOD)])
    def test_jitter_of_sound_makes_it_worse(self, late_s: float, quality: Mark) -> None:
        assert marks(Line(), Publisher(), LONG_S, late_s=late_s)[-1] is quality

    def test_jitter_of_pictures_does_not_count(self) -> None:
        line, publisher = Line(), Publisher()
        for second in range(LONG_S):
            publisher.send(float(second), late_s=0.2)
            line.on_received(publisher.reception, is_audio=False)
            assert line.tick(float(second)) is Mark.GOOD

    def test_few_packets_say_nothing_about_loss(self) -> None:
        assert MIN_PACKETS > WINDOW_TICKS
        assert set(marks(Line(), Publisher(packets_per_s=1), LONG_S, lose_one_in=2)) == {Mark.GOOD}

    def test_it_gets_better_when_nothing_is_lost_any_more(self) -> None:
        line, publisher = Line(), Publisher()
        marks(line, publisher, LONG_S, lose_one_in=5)
        after = marks(line, publisher, 2 * LONG_S, start=LONG_S)
        assert after[0] is Mark.POOR
        assert after[-1] is Mark.GOOD


class Subscriber:
    """Reports once a second on fifty packets, of which it has lost some."""

    def __init__(self, line: Line, ssrc: int = SSRC) -> None:
        self._line = line
        self._ssrc = ssrc
        self._highest = self._lost = self._unsent = 0

    def report(
        self,
        now: float,
        *,
        lost: int = 0,
        jitter_s: float = 0.0,
        last_sender_report: int = 0,
        delay_s: float = 0.0,
        origin_jitter_s: float = 0.0,
        unsent: int = 0,
        packets: int = 50,
    ) -> int:
        """`unsent`: of these packets; what was lost is of all of them. Fewer than none came after all."""
        self._unsent += unsent
        self._highest += packets
        self._lost += lost
        block = ReportBlock(
            ssrc=self._ssrc,
            fraction_lost=lost * 256 // max(1, packets),
            packets_lost=self._lost,
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=int(jitter_s * SOUND_HZ),
            last_sender_report=last_sender_report,
            delay=int(delay_s * 65_536),
        )
        return self._line.on_report(block, self._unsent, origin_jitter_s, SOUND_HZ, now)


class TestToThePage:
    @pytest.mark.parametrize(("lost", "quality"), [(0, Mark.GOOD), (2, Mark.FAIR), (10, Mark.POOR)])
    def test_what_the_page_has_lost_makes_it_worse(self, lost: int, quality: Mark) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            assert subscriber.report(float(second), lost=lost) == (lost if second else 0), "the first one is a start"
            mark = line.tick(float(second))
        assert mark is quality

    @pytest.mark.parametrize(("round_trip_s", "quality"), [(0.2, "good"), (0.3, "fair"), (0.6, "poor")])
    def test_the_round_trip_is_what_is_left_of_the_time_since_our_report(
        self, round_trip_s: float, quality: str
    ) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            ntp = second << 32 | 7 << 16
            line.on_sent_report(SSRC, ntp, float(second))
            answered_at = second + 0.35 + round_trip_s
            subscriber.report(answered_at, last_sender_report=ntp >> 16 & 0xFFFFFFFF, delay_s=0.35)
            mark = line.tick(answered_at)
        assert mark.name.lower() == quality

    def test_one_quick_round_trip_is_enough_to_know_that_the_line_is(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            line.on_sent_report(SSRC, second << 32, float(second))
            slow_s = 0.9 if second % 4 else 0.02
            subscriber.report(second + slow_s, last_sender_report=second << 16)
            assert line.tick(second + slow_s) is Mark.GOOD

    def test_what_the_publisher_s_line_did_is_not_held_against_it(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            assert subscriber.report(float(second), lost=10, unsent=10, jitter_s=0.08, origin_jitter_s=0.07) == 0
            assert line.tick(float(second)) is Mark.GOOD

    def test_what_came_late_to_us_is_no_loss_either(self) -> None:
        """The page reports it as lost, later no more; what it tells and what we know are not of the same moment."""
        line, random = Line(), Random(1)
        subscriber = Subscriber(line)
        missing_there = missing_here = told = 0
        for second in range(1_000):
            there, here = random.randrange(8), random.randrange(8)
            told += subscriber.report(second, lost=there - missing_there, unsent=here - missing_here)
            missing_there, missing_here = there, here
            assert line.tick(float(second)) is Mark.GOOD
        assert told <= 16

    @pytest.mark.parametrize("packets", [0, 10])
    def test_what_was_not_sent_is_no_loss_though_the_page_tells_of_it_later(self, packets: int) -> None:
        line = Line()
        subscriber = Subscriber(line)
        told = [subscriber.report(second) for second in range(3)]
        told.append(subscriber.report(3.0, unsent=150, packets=packets))
        told.append(subscriber.report(4.0, lost=150, packets=350))
        told.append(subscriber.report(5.0, lost=10))
        assert told == [0, 0, 0, 0, 0, 10]

    def test_a_gap_that_the_page_never_reports_hides_what_it_loses_for_some_seconds_only(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        subscriber.report(0.0)
        subscriber.report(1.0, unsent=450)
        told = [subscriber.report(2.0 + second, lost=10) for second in range(10)]
        assert told[0] == 0
        assert set(told[-3:]) == {10}

    def test_what_one_stream_lacks_hides_no_loss_of_another(self) -> None:
        line = Line()
        sound, picture = Subscriber(line), Subscriber(line, SSRC + 1)
        for second in range(5):
            sound.report(float(second), unsent=40)
            picture.report(float(second), lost=20)
            line.tick(float(second))
        assert line.condition.loss == pytest.approx(0.2)

    def test_what_the_publisher_s_line_lost_hides_nothing(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            assert subscriber.report(float(second), lost=20, unsent=10) == (10 if second else 0)
            mark = line.tick(float(second))
        assert line.condition.loss == pytest.approx(0.2)
        assert mark is Mark.POOR

    def test_sound_that_was_asked_for_again_was_missed_though_it_is_not_reported_as_lost(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            missing = [(50 * second + at) & 0xFFFF for at in range(0, 50, 5)]
            for _ in range(3):
                line.on_nack(SSRC, missing)
            subscriber.report(float(second))
            mark = line.tick(float(second))
        assert line.condition.loss == pytest.approx(0.2, abs=0.01)
        assert mark is Mark.GOOD

    @pytest.mark.parametrize("seconds", [12, 120])
    def test_a_queue_that_stands_is_still_one_after_minutes(self, seconds: int) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(5 + seconds):
            line.on_sent_report(SSRC, second << 32, float(second))
            round_trip_s = 0.04 if second < 5 else 0.64
            subscriber.report(second + round_trip_s, last_sender_report=second << 16)
            line.tick(second + round_trip_s)
        assert line.condition.queue_s == pytest.approx(0.6)
        line.on_moved()
        assert line.condition.queue_s == 0

    def test_numbers_that_cannot_be_say_nothing(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        for second in range(LONG_S):
            assert subscriber.report(float(second), lost=1_000_000, packets=3_000_000_000) == 0
            assert line.tick(float(second)) is Mark.GOOD

    def test_a_stream_that_is_forgotten_begins_anew(self) -> None:
        line = Line()
        subscriber = Subscriber(line)
        subscriber.report(0.0)
        line.forget(SSRC)
        line.forget(SSRC)
        assert subscriber.report(1.0, lost=20) == 0
        assert subscriber.report(2.0, lost=20) == 20

    @given(
        st.lists(
            st.builds(
                ReportBlock,
                *[st.integers(0, 3), st.integers(0, 255), st.integers(-(2**23), 2**23 - 1)],
                *[st.integers(0, 2**32 - 1)] * 4,
            ),
            max_size=40,
        )
    )
    def test_whatever_is_reported_a_count_never_falls(self, blocks: list[ReportBlock]) -> None:
        line = Line()
        for number, block in enumerate(blocks):
            assert line.on_report(block, 0, 0.0, SOUND_HZ, float(number)) >= 0
            line.tick(float(number))


def test_both_directions_count() -> None:
    line, publisher = Line(), Publisher()
    subscriber = Subscriber(line)
    for second in range(int(WORSE_AFTER_S) + 4):
        publisher.send(float(second))
        line.on_received(publisher.reception, is_audio=True)
        subscriber.report(float(second), lost=10)
        mark = line.tick(float(second))
    assert mark is Mark.POOR


def test_a_report_that_left_twice_tells_no_round_trip() -> None:
    line = Line()
    subscriber = Subscriber(line)
    line.on_sent_report(SSRC, 5 << 16, 10.0)
    line.on_sent_report(SSRC, 5 << 16, 10.19)
    subscriber.report(10.2, last_sender_report=5)
    line.tick(10.5)
    line.on_sent_report(SSRC, 6 << 16, 11.0)
    subscriber.report(11.2, last_sender_report=6)
    line.tick(12.0)
    assert line.condition.queue_s == 0.0


def test_what_was_sent_is_not_remembered_for_ever() -> None:
    line = Line()
    for number in range(10_000):
        line.on_sent_report(number, number << 16, 0.0)
    assert len(line._sent_reports) < 1_000
