"""Samples of a duration, bounded in memory, and their quantiles."""

from array import array

MAX_SAMPLES = 4_000_000


class Samples:
    """Durations in nanoseconds; more than `MAX_SAMPLES` are counted, not kept."""

    def __init__(self) -> None:
        self.dropped = 0
        self._values = array("q")

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value_ns: int) -> None:
        """Keep one sample."""
        if len(self._values) < MAX_SAMPLES:
            self._values.append(value_ns)
        else:
            self.dropped += 1

    def clear(self) -> None:
        """Begin anew."""
        del self._values[:]
        self.dropped = 0

    def quantile_ms(self, fraction: float) -> float:
        """Return the sample that `fraction` of all do not exceed (nearest rank), in ms; NaN when there is none."""
        if not self._values:
            return float("nan")
        ordered = sorted(self._values)
        rank = min(len(ordered) - 1, int(fraction * len(ordered)))
        return ordered[rank] / 1e6
