"""What a subscriber gets in the course of minutes: the real downlink over simulated lines; pictures are numbers."""

from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean
from typing import cast

import pytest

from server.media.worker.congestion import Condition
from server.media.worker.consumer import Consumer
from server.media.worker.downlink import Downlink

BITRATES = (150_000, 500_000, 1_500_000)
LOOKED_BACK_S = 3
SHALLOW, USUAL, DEEP = 3_000, 64_000, 1_000_000
"""Bytes that a line holds back before it drops some."""


@dataclass(frozen=True)
class Layer:
    index: int
    bitrate: int

    @property
    def base_bitrate(self) -> int:
        return int(0.4 * self.bitrate)

    @property
    def price(self) -> int:
        return self.bitrate

    @property
    def base_price(self) -> int:
        return self.base_bitrate

    top_temporal_layer = 2


@dataclass(frozen=True)
class Stream:
    is_screen = False


@dataclass(frozen=True)
class Camera:
    layers = tuple(Layer(index, bitrate) for index, bitrate in enumerate(BITRATES))
    is_video = True
    stream = Stream()


class Picture:
    """What the downlink knows of a consumer of a camera in three layers."""

    is_wanted = True
    max_layer = 2
    first = 1
    producer = Camera()

    def __init__(self, number: int) -> None:
        self.consumer_id = str(number)
        self.is_large = number == 0
        self.layer: Layer | None = self.producer.layers[2]
        self._is_thin = False

    def allow(self, layer: int | None, *, is_thin: bool) -> None:
        self.layer = self.producer.layers[layer] if layer is not None else None
        self._is_thin = is_thin

    @property
    def bitrate(self) -> int:
        if self.layer is None:
            return 0
        return self.layer.base_bitrate if self._is_thin else self.layer.bitrate

    price = bitrate


@dataclass
class Line:
    """Carries `rate` bits a second, of what it has not lost by chance; the rest waits, or is dropped."""

    rate: float
    holds: int = USUAL
    own_loss: float = 0.0
    queue: float = 0.0
    has_grown: bool = False

    def carry(self, sent: int) -> tuple[float, float]:
        """Take what is sent within a second; return what arrives, and which fraction is lost."""
        offered, before = sent * (1 - self.own_loss), self.queue
        arrived = min(offered + 8 * before, self.rate)
        waiting = before + (offered - arrived) / 8
        self.queue = min(waiting, self.holds)
        self.has_grown = self.queue > before + 2_000
        return arrived, (sent - offered + 8 * (waiting - self.queue)) / sent if sent else 0.0

    @property
    def queue_s(self) -> float:
        return 8 * self.queue / self.rate


@dataclass(frozen=True)
class Second:
    arrived: float
    loss: float
    queue_s: float


class Watching:
    """Somebody who sees `count` pictures. Their browser's estimate is as libwebrtc's: it looks for queues that grow."""

    def __init__(self, line: Line, count: int) -> None:
        self.line = line
        self.downlink = Downlink()
        self._pictures = [Picture(number) for number in range(count)]
        self._estimate = 300_000.0
        self._losses: list[float | None] = []
        self._now = 100.0

    def watch(self, seconds: int) -> list[Second]:
        return [self._second() for _ in range(seconds)]

    def _second(self) -> Second:
        sent = sum(picture.bitrate for picture in self._pictures)
        arrived, loss = self.line.carry(sent)
        self._losses.append(loss if sent else None)
        known = [each for each in self._losses[-LOOKED_BACK_S:] if each is not None]
        condition = Condition(fmean(known) if known else None, self.line.queue_s, max(known, default=0.0))
        if self.line.has_grown:
            self._estimate = min(self._estimate, 0.85 * arrived + 5_000)
        elif self.line.queue_s < 0.1:
            self._estimate = min(1.08 * self._estimate + 1_000, 1.5 * arrived + 10_000)
        consumers = cast("Collection[Consumer]", self._pictures)
        self.downlink.on_estimate(int(self._estimate), consumers, self._now)
        self.downlink.tick(consumers, condition, self._now + 0.5)
        self._now += 1
        return Second(arrived, loss, self.line.queue_s)


def mean_loss(seconds: list[Second]) -> float:
    return fmean(second.loss for second in seconds)


def used(seconds: list[Second], line: Line, count: int) -> float:
    """Return how much of the line was used, of what there was use for."""
    return fmean(second.arrived for second in seconds) / min(line.rate, count * BITRATES[-1] * (1 - line.own_loss))


@pytest.mark.parametrize("is_told", [False, True])
@pytest.mark.parametrize("holds", [USUAL, DEEP])
@pytest.mark.parametrize("rate", [6e6, 3e6])
def test_a_line_that_becomes_far_narrower_is_not_flooded(rate: float, holds: int, is_told: bool) -> None:
    watching = Watching(Line(rate, holds), 4)
    watching.watch(60)
    watching.line.rate = 600_000
    if is_told:
        watching.downlink.on_moved()
        watching.line.queue = 0
    watching.watch(120 if holds == DEEP else 30)  # a megabyte of 600 kbit/s is 13 s
    after = watching.watch(100)
    assert mean_loss(after) < 0.03
    assert fmean(second.queue_s for second in after) < 0.5
    assert used(after, watching.line, 4) > 0.5


@pytest.mark.parametrize("count", [1, 2, 4, 9])
@pytest.mark.parametrize("rate", range(300_000, 3_000_001, 300_000))
def test_a_line_that_drops_what_is_too_much_is_not_sent_too_much_for_ever(rate: int, count: int) -> None:
    watching = Watching(Line(rate, SHALLOW), count)
    watching.watch(90)
    after = watching.watch(90)
    assert mean_loss(after) < 0.1


@pytest.mark.parametrize("count", [1, 2, 4, 9])
@pytest.mark.parametrize("rate", [6e5, 1.2e6, 2e6, 3e6, 5e6])
def test_who_joins_over_a_line_that_loses_by_chance_sees_something(rate: float, count: int) -> None:
    watching = Watching(Line(rate, own_loss=0.2), count)
    watching.watch(200)
    after = watching.watch(100)
    assert used(after, watching.line, count) > 0.3  # the next layer may be too much


@pytest.mark.parametrize("count", [1, 2, 4, 9])
@pytest.mark.parametrize("rate", [3e5, 6e5, 1e6, 2e6])
def test_a_narrow_line_is_used(rate: float, count: int) -> None:
    watching = Watching(Line(rate), count)
    watching.watch(100)
    after = watching.watch(200)
    assert used(after, watching.line, count) > 0.4
    assert fmean(second.queue_s for second in after) < 0.3
