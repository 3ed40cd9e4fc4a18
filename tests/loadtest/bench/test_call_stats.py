import math
from typing import Any

import pytest

from loadtest.bench.call_stats import CallQuality, Reading, compare_readings

Report = dict[str, Any]


def audio(identifier: str = "audio", **counters: float) -> Report:
    return {"type": "inbound-rtp", "kind": "audio", "id": identifier, "packetsReceived": 0, **counters}


def video(**counters: float) -> Report:
    return {"type": "inbound-rtp", "kind": "video", "id": "video", "packetsReceived": 0, **counters}


def reading(at_s: float, *reports: Report, no_picture_s: float = 0.0) -> Reading:
    return Reading.parse({"taken_at_ms": at_s * 1_000, "no_picture_ms": no_picture_s * 1_000, "reports": reports})


def quality(*reports: Report, no_picture_s: float = 0.0) -> CallQuality:
    return compare_readings(reading(100), reading(110, *reports, no_picture_s=no_picture_s))


MOVING = video(packetsReceived=100, framesDecoded=300)


def test_only_what_happened_in_between_counts() -> None:
    before = reading(
        100,
        audio(packetsReceived=500, concealedSamples=9_000, totalSamplesReceived=100_000),
        video(packetsReceived=900, framesDecoded=900, totalFreezesDuration=7, freezeCount=3, nackCount=40),
    )
    after = reading(
        110,
        audio(packetsReceived=1_000, concealedSamples=9_480, totalSamplesReceived=148_000, packetsLost=100),
        video(packetsReceived=1_800, framesDecoded=1_150, totalFreezesDuration=7.5, freezeCount=5, nackCount=42),
    )
    found = compare_readings(before, after)
    assert found.concealed_percent == pytest.approx(1)
    assert found.frozen_percent == pytest.approx(5)
    assert (found.frames_per_s, found.freezes, found.nacks) == (25, 2, 2)
    assert found.lost_audio_percent == pytest.approx(100 / 6)


def test_a_freeze_that_has_not_ended_counts_too() -> None:
    assert quality(MOVING, no_picture_s=0.1).frozen_percent == 0
    assert quality(MOVING, no_picture_s=4).frozen_percent == pytest.approx(40)
    assert quality(MOVING, no_picture_s=60).frozen_percent == 100


def test_no_picture_at_all_is_frozen_all_the_time() -> None:
    assert quality(video(packetsReceived=50, framesDecoded=0)).frozen_percent == 100
    assert quality().frozen_percent == 100


def test_no_sound_at_all_cannot_be_called_good() -> None:
    assert math.isnan(quality(MOVING).concealed_percent)


def test_a_stream_that_brings_nothing_is_left_out() -> None:
    silent = audio("slot", concealedSamples=480_000, totalSamplesReceived=480_000)
    speaking = audio(packetsReceived=500, concealedSamples=0, totalSamplesReceived=480_000)
    assert quality(silent, speaking).concealed_percent == 0


def test_the_longest_round_trip_of_the_pairs_in_use_counts() -> None:
    pairs = [
        {"type": "candidate-pair", "nominated": True, "currentRoundTripTime": 0.2},
        {"type": "candidate-pair", "nominated": True, "currentRoundTripTime": 0.21},
        {"type": "candidate-pair", "nominated": False, "currentRoundTripTime": 9.0},
    ]
    assert quality(*pairs).round_trip_ms == pytest.approx(210)
    assert math.isnan(quality().round_trip_ms)


def test_the_wait_for_playing_is_per_sample_played() -> None:
    waiting = audio(packetsReceived=500, jitterBufferDelay=48_000 * 0.08, jitterBufferEmittedCount=48_000)
    assert quality(waiting).playout_delay_ms == pytest.approx(80)
