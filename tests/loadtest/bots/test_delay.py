import math

import pytest

from loadtest.bots import delay
from loadtest.bots.delay import Samples


def test_quantiles_are_samples_by_nearest_rank() -> None:
    samples = Samples()
    for milliseconds in range(100, 0, -1):
        samples.add(milliseconds * 1_000_000)
    assert samples.quantile_ms(0.5) == 51
    assert samples.quantile_ms(0.99) == 100
    assert samples.quantile_ms(0) == 1


def test_no_sample_has_no_quantile() -> None:
    assert math.isnan(Samples().quantile_ms(0.5))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delay, "MAX_SAMPLES", 2)
    samples = Samples()
    for value in range(5):
        samples.add(value)
    assert (len(samples), samples.dropped) == (2, 3)
    samples.clear()
    assert (len(samples), samples.dropped) == (0, 0)
