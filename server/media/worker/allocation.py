"""Which layer of which video a subscriber gets, from what the line carries beside audio, which is never given up.

Everybody gets the base temporal layer of the lowest layer, where there are temporal layers, by importance; then all of
the lowest layer; then the important ones are raised layer by layer. That is a pure function of the budget and of what
the layers cost. Both go through `Cautious` first: worse counts at once, better only when it is better by a quarter for
two seconds, so that noise of ±10 % (1.1 / 0.9 < 1.25) changes nothing. A layer that was lost again soon after it was
given is not given for a while, twice as long each time.

**Trials.** The estimate (REMB) is no measure of the line alone. libwebrtc lets it grow by 8 % a second, and only up to
1.5 times of what it receives; after an over-use it is 0.85 times of that (`aimd_rate_control.cc`, and `rate.py` in
aiortc). So an estimate well above what we send says that the line carries at least so much: waiting for it to grow to
what a higher layer needs, or nine tiles instead of one, would be waiting for ever. Then we try: send more than the
estimate says, with real pictures rather than padding, and believe that it can be right as long as the estimate grows.
Once it reaches what is sent, the trial is won; when it stands still or falls, or the line turns out to be full, it is
lost, and what was sent before is sent again, until the estimate has recovered from the trial. A trial takes one layer
of one stream, or lights dark streams up to `TRIAL_LEAP` times of the estimate: only one of them when the last trial was
lost not long ago. Before the first estimate of a subscriber everything is a trial.

Pure: time is an argument (seconds of a monotonic clock).
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import Literal

START_BITRATE = 800_000
"""Before the first estimate."""
MARGIN = 1.25
HOLD_S = 2.0
COST_HOLD_S = 5.0
"""A layer must be so long cheaper before we count on it: pictures come to rest and move again."""
TRIAL_LEAP = 3.0
TRIAL_S = 5.0
"""The estimate, told once a second, has so long to grow by `TRIAL_GROWTH`."""
TRIAL_GROWTH = 1.05
TRIAL_FALL = 0.8
"""Of what the estimate was in the trial: a real fall, no noise."""
LIMITED_BY_US = 1.2
"""An estimate of so many times what is sent would be higher if we sent more; it ends at 1.5."""
FAILED_SOON_S = 15.0
"""A layer lost so soon after it was given was given too early."""
FIRST_BACKOFF_S = 5.0
MAX_BACKOFF_S = 30.0
FORGET_S = 120.0
"""So long after a failure the next one counts as the first."""
ASSUMED_BITRATES = {1: (500_000,), 2: (200_000, 800_000), 3: (150_000, 500_000, 1_500_000)}
"""Of layers that have not been measured, by how many layers there are."""
ASSUMED_BASE_SHARE = 0.4
"""Of the lowest layer, for its base temporal layer: libwebrtc's share of three."""

_DARK, _THIN = -2, -1
"""Below layer 0, which is the lowest: nothing, and its base temporal layer only."""


class Priority(IntEnum):
    """How a stream is shown, most important first. A screen comes before cameras of the same priority."""

    STAGE = 0
    """Large: pinned, or the speaker."""
    THUMBNAIL = 1


@dataclass(frozen=True, slots=True)
class WantedStream:
    """A visible tile."""

    stream_id: str
    bitrates: tuple[int, ...]
    """Of the 1 to 3 layers, lowest first, over a second or more; 0 for a layer that is not being sent now."""
    top_layer: int
    """The highest that the tile is large enough for."""
    priority: Priority
    is_screen: bool = False
    base_bitrate: int | None = None
    """Of the lowest layer's base temporal layer; 0 when it is not being sent now, `None` without temporal layers."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """What to send. A layer that is not being sent yet is to be asked for; until it comes, a lower one does."""

    layers: dict[str, int | None]
    """By stream; `None` for one that is wanted and not sent, as the line is too slow: its tile should say so."""
    costs: dict[str, int]
    """What each of them takes, as far as is known."""
    is_trial: bool
    """Whether it may be more than the estimate."""
    thin: frozenset[str] = frozenset()
    """Streams of which only the base temporal layer is to be sent."""

    @property
    def bitrate(self) -> int:
        """What all of them take."""
        return sum(self.costs.values())


class Cautious:
    """A measure that counts at once when it gets worse, but when it gets better only after a while."""

    def __init__(self, value: int, *, worse: Literal["lower", "higher"], hold_s: float) -> None:
        self.value = value
        self._worst = min if worse == "lower" else max
        self._hold_s = hold_s
        self._better: tuple[int, float] | None = None
        """The worst of the better values, and since when there are only such."""

    def add(self, measured: int, now: float) -> None:
        """Take note of a new measurement."""
        low, high = sorted((measured, self.value))
        if measured == self._worst(measured, self.value):
            self.value, self._better = measured, None
        elif high < MARGIN * low:
            self._better = None
        else:
            better, since = self._better or (measured, now)
            better = self._worst(better, measured)
            self._better = (better, since)
            if now - since >= self._hold_s:
                self.value, self._better = better, None


@dataclass(slots=True)
class _Backoff:
    until: float = -math.inf
    delay: float = FIRST_BACKOFF_S

    def fail(self, now: float) -> None:
        self.until = now + self.delay
        self.delay = min(2 * self.delay, MAX_BACKOFF_S)

    def is_forgotten(self, now: float) -> bool:
        return now > self.until + FORGET_S


@dataclass(slots=True)
class _Trial:
    """What is given although the estimate does not allow it."""

    granted: dict[str, int]
    before: dict[str, int] | None
    """What to return to when it is lost. `None`: what fits."""
    budget: float
    wins_at: float
    """Not before. An estimate that had overshot the line falls within two seconds of being used."""
    leap: float = 0.0
    """So many times of the estimate are within the budget, too."""
    mark: int | None = None
    """The highest estimate so far."""
    ends_at: float = math.inf

    def add(self, estimate: int, now: float) -> bool:
        """Take note of an estimate; return whether the trial goes on."""
        if self.mark is None or estimate >= TRIAL_GROWTH * self.mark:
            self.mark, self.ends_at = estimate, now + TRIAL_S
            self.budget = max(self.budget, self.leap * estimate)
        return estimate > TRIAL_FALL * self.mark and now < self.ends_at


@dataclass(slots=True)
class _Stream:
    """What is known of a wanted stream."""

    wanted: WantedStream
    measured: list[Cautious | None]
    costs: list[int] = field(default_factory=list)
    """Of the layers that the tile is large enough for; never falling from one to the next."""
    measured_base: Cautious | None = None
    base_cost: int = 0
    layer: int = _DARK
    given_at: dict[int, float] = field(default_factory=dict)
    backoffs: dict[int, _Backoff] = field(default_factory=dict)

    @property
    def top(self) -> int:
        """The highest layer that there is and that the tile is large enough for."""
        return len(self.costs) - 1

    @property
    def lowest(self) -> int:
        """The least that there is to send."""
        return _THIN if self.wanted.base_bitrate is not None else 0

    def cost(self, layer: int) -> int:
        """Return the bitrate of a layer, or of what is below the lowest one."""
        if layer >= 0:
            return self.costs[layer]
        return self.base_cost if layer == _THIN else 0

    def is_blocked(self, layer: int, now: float) -> bool:
        backoff = self.backoffs.get(layer)
        return backoff is not None and now < backoff.until

    def add(self, wanted: WantedStream, now: float) -> None:
        if (wanted.priority, wanted.top_layer) != (self.wanted.priority, self.wanted.top_layer):
            self.backoffs.clear()  # somebody asked for it
        self.wanted = wanted
        self.measured = [_measure(self.measured[at], bitrate, now) for at, bitrate in enumerate(wanted.bitrates)]
        self.measured_base = _measure(self.measured_base, wanted.base_bitrate or 0, now)
        self.costs = []
        assumed = ASSUMED_BITRATES[len(wanted.bitrates)]
        for layer in range(min(wanted.top_layer + 1, len(wanted.bitrates))):
            known = self.measured[layer]
            cost = known.value if known is not None else assumed[layer]
            self.costs.append(max(cost, self.costs[-1] if self.costs else 0))
        base = self.measured_base
        self.base_cost = min(base.value if base is not None else int(ASSUMED_BASE_SHARE * self.costs[0]), self.costs[0])

    def set_layer(self, layer: int, now: float, *, is_failure: bool) -> bool:
        """Give a layer; return whether one was lost soon. `is_failure`: what is lost turned out not to fit."""
        is_lost_soon = False
        for given in range(self.layer + 1, layer + 1):
            self.given_at[given] = now
        if is_failure:
            for taken in range(layer + 1, min(self.layer + 1, len(self.costs))):
                if now - self.given_at[taken] <= FAILED_SOON_S:
                    self.backoffs.setdefault(taken, _Backoff()).fail(now)
                    is_lost_soon = True
        self.layer = layer
        self.backoffs = {at: backoff for at, backoff in self.backoffs.items() if not backoff.is_forgotten(now)}
        return is_lost_soon


class Allocator:
    """Allocates one subscriber's line. Call `allocate` for every estimate, every change of wishes, and every second."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._budget: Cautious | None = None
        self._trial: _Trial | None = None
        self._trial_backoff = _Backoff()
        self._wanting_since: float | None = None
        self._wishes: list[tuple[str, int]] = []
        """Streams and the layers that they are wanted in, by importance."""
        self._bitrate = 0
        self._carried = 0

    def allocate(
        self,
        estimate: int | None,
        wanted: Sequence[WantedStream],
        now: float,
        *,
        is_full: bool = False,
        carried: int = 0,
    ) -> Allocation:
        """Return what to send. `estimate` is in bits a second; of equal streams the earlier goes first.

        `is_full`: whether the line is known to carry no more than is sent. `carried`: what arrives just now, as far as
        is known. `None` is for an estimate that is not known or too old.
        """
        self._carried = carried
        streams = self._take_in(wanted, now)
        self._believe(streams, estimate, now, is_full=is_full)
        plan = self._fill(streams, now)
        if self._budget is None:
            self._trial = _Trial(plan, None, max(START_BITRATE, _total(streams, plan)), now)
        elif self._trial is None and not is_full and self._try(streams, plan, estimate, now):
            plan = self._fill(streams, now)
        wishes = [(s.wanted.stream_id, s.wanted.top_layer) for s in streams]
        is_failure, self._wishes = wishes == self._wishes, wishes
        lost = [stream.set_layer(plan[stream.wanted.stream_id], now, is_failure=is_failure) for stream in streams]
        if any(lost):
            self._back_off(now)
        self._bitrate = _total(streams, plan)
        layers = {stream_id: max(layer, 0) if layer != _DARK else None for stream_id, layer in plan.items()}
        thin = frozenset(stream_id for stream_id, layer in plan.items() if layer == _THIN)
        costs = {stream.wanted.stream_id: stream.cost(plan[stream.wanted.stream_id]) for stream in streams}
        return Allocation(layers, costs, self._trial is not None, thin)

    def forget_failures(self) -> None:
        """Take note that what failed before may do now: the line has changed, or is better understood."""
        self._trial_backoff = _Backoff()
        for stream in self._streams.values():
            stream.backoffs.clear()

    def _take_in(self, wanted: Sequence[WantedStream], now: float) -> list[_Stream]:
        known = self._streams
        self._streams = {}
        for stream in sorted(wanted, key=lambda stream: (stream.priority, not stream.is_screen)):
            state = known.get(stream.stream_id)
            if state is None or len(state.measured) != len(stream.bitrates):
                state = _Stream(stream, [None] * len(stream.bitrates))
            state.add(stream, now)
            self._streams[stream.stream_id] = state
        return list(self._streams.values())

    def _believe(self, streams: Sequence[_Stream], estimate: int | None, now: float, *, is_full: bool) -> None:
        """Bring budget and trial up to date."""
        if estimate is None:
            return
        if self._budget is None:
            self._budget = Cautious(estimate, worse="lower", hold_s=HOLD_S)
        is_unproven = now < self._trial_backoff.until and estimate > LIMITED_BY_US * self._bitrate
        self._budget.add(min(estimate, self._budget.value) if is_unproven else estimate, now)
        trial = self._trial
        if trial is None:
            return
        if estimate >= self._bitrate and now >= trial.wins_at:
            self._trial = self._wanting_since = None
            self._budget = Cautious(estimate, worse="lower", hold_s=HOLD_S)
        elif not trial.add(estimate, now) or (is_full and trial.before is not None):
            self._trial = self._wanting_since = None
            self._back_off(now)
            if trial.before is not None:
                # The estimate is low now because of the trial. What was carried before it shall not suffer for that.
                before = {s.wanted.stream_id: min(trial.before.get(s.wanted.stream_id, _DARK), s.top) for s in streams}
                self._trial = _Trial(before, None, _total(streams, before), now, 0.0, estimate, now + TRIAL_S)

    def _back_off(self, now: float) -> None:
        """Try nothing for a while: a trial was lost, or what it gave was lost after all."""
        if self._trial_backoff.is_forgotten(now):
            self._trial_backoff = _Backoff()
        if now >= self._trial_backoff.until:
            self._trial_backoff.fail(now)

    def _fill(self, streams: Sequence[_Stream], now: float) -> dict[str, int]:
        """Return a layer for each stream."""
        believed = max(self._budget.value, self._carried) if self._budget is not None else START_BITRATE
        granted = self._trial.granted if self._trial is not None else {}
        tried = max(believed, self._trial.budget) if self._trial is not None else believed
        if self._budget is None:
            tried = math.inf  # nobody is dark because we do not know yet
        plan, total = _light(streams, tried, now)
        for stream, layer in _raises(streams):
            stream_id = stream.wanted.stream_id
            cost = stream.cost(layer) - stream.cost(layer - 1)
            budget = tried if layer <= granted.get(stream_id, _DARK) and self._budget is not None else believed
            if plan[stream_id] == layer - 1 and total + cost <= budget and not stream.is_blocked(layer, now):
                plan[stream_id] = layer
                total += cost
        return plan

    def _try(self, streams: Sequence[_Stream], plan: dict[str, int], estimate: int | None, now: float) -> bool:
        """Begin a trial if something is missing that the line may carry, for all we know."""
        known = estimate if estimate is not None or self._budget is None else self._budget.value
        before = {s.wanted.stream_id: min(s.layer, s.top) for s in streams}
        is_short = any(plan[stream_id] < max(layer, 0) for stream_id, layer in before.items())
        sent = _total(streams, before if is_short else plan)
        if known is None or now < self._trial_backoff.until or known < LIMITED_BY_US * sent:
            self._wanting_since = None
            return False
        most = max(TRIAL_LEAP * known, START_BITRATE)
        if is_short:
            granted = before
            needed = _total(streams, before) + _next_light(streams, now)
            leap = TRIAL_LEAP if self._trial_backoff.is_forgotten(now) else 0.0
        else:
            granted, needed = self._next_raise(streams, plan, most, now)
            leap = 0.0
        if needed > most:
            return False
        ends_at = now + TRIAL_S if estimate is not None else math.inf  # nothing is estimated while all are dark
        self._trial = _Trial(granted, before, max(leap * known, needed), now + HOLD_S, leap, estimate, ends_at)
        return True

    def _next_raise(
        self, streams: Sequence[_Stream], plan: dict[str, int], most: float, now: float
    ) -> tuple[dict[str, int], float]:
        """Return the plan with one more layer and what that takes: infinitely much when there is nothing to raise."""
        total = _total(streams, plan)
        for stream, layer in _raises(streams):
            stream_id = stream.wanted.stream_id
            needed = total + stream.cost(layer) - stream.cost(layer - 1)
            if plan[stream_id] == layer - 1 and not stream.is_blocked(layer, now) and needed <= most:
                self._wanting_since = self._wanting_since if self._wanting_since is not None else now
                is_due = now - self._wanting_since >= HOLD_S
                return {**plan, stream_id: layer}, needed if is_due else math.inf
        self._wanting_since = None
        return plan, math.inf


def _light(streams: Sequence[_Stream], budget: float, now: float) -> tuple[dict[str, int], int]:
    """Give everybody the least that there is, then the lowest layer; return that, and what it takes."""
    plan, total = {stream.wanted.stream_id: _DARK for stream in streams}, 0
    for stream, before, layer in _lights(streams, now):
        cost = stream.cost(layer) - stream.cost(before)
        if plan[stream.wanted.stream_id] == before and total + cost <= budget:
            plan[stream.wanted.stream_id] = layer
            total += cost
    return plan, total


def _next_light(streams: Sequence[_Stream], now: float) -> float:
    """Return what the first missing step up to the lowest layer takes: infinitely much when there is none."""
    for stream, before, layer in _lights(streams, now):
        if stream.layer == before:
            return stream.cost(layer) - stream.cost(before)
    return math.inf


def _lights(streams: Sequence[_Stream], now: float) -> Iterator[tuple[_Stream, int, int]]:
    """Every step up to the lowest layer that may be taken, by importance: from which to which."""
    for is_dark in (True, False):
        too_much = math.inf
        for stream in streams:
            before, layer = (_DARK, stream.lowest) if is_dark else (_THIN, 0)
            cost = stream.cost(layer)
            if stream.is_blocked(layer, now):
                too_much = min(too_much, cost)  # a less important one must not get what this one may not
            elif cost < too_much:
                yield stream, before, layer


def _raises(streams: Sequence[_Stream]) -> Iterator[tuple[_Stream, int]]:
    """Every layer but the lowest: by importance, and among the equally important layer by layer."""
    for _, group in groupby(streams, key=lambda stream: (stream.wanted.priority, stream.wanted.is_screen)):
        equals = list(group)
        for layer in range(1, max(len(stream.costs) for stream in equals)):
            for stream in equals:
                if layer < len(stream.costs):
                    yield stream, layer


def _total(streams: Collection[_Stream], plan: dict[str, int]) -> int:
    return sum(stream.cost(plan[stream.wanted.stream_id]) for stream in streams)


def _measure(known: Cautious | None, bitrate: int, now: float) -> Cautious | None:
    """Take note of what something costs, unless it is not being sent."""
    if bitrate and known is not None:
        known.add(bitrate, now)
    elif bitrate:
        return Cautious(bitrate, worse="higher", hold_s=COST_HOLD_S)
    return known
