"""Snapshot + events, held to the same vectors as the page's twin."""

import json
from typing import Any

import msgspec
import pytest

from protocol.events import RoomEvent
from protocol.replay import CHAT_SNAPSHOT_MESSAGES, SequenceGapError, apply_event, apply_events
from protocol.room import RoomSnapshot
from tests.support import room_vectors

CASES: list[dict[str, Any]] = json.loads(room_vectors.PATH.read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_step_of_a_vector_gives_its_snapshot(case: dict[str, Any]) -> None:
    now = msgspec.convert(case["snapshot"], RoomSnapshot)
    for step in case["steps"]:
        now = apply_event(now, msgspec.convert(step["event"], RoomEvent))
        assert now == msgspec.convert(step["snapshot"], RoomSnapshot)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_event_that_does_not_follow_is_refused(case: dict[str, Any]) -> None:
    last = msgspec.convert(case["steps"][-1]["snapshot"], RoomSnapshot)
    with pytest.raises(SequenceGapError):
        apply_event(last, msgspec.convert(case["gap"], RoomEvent))


def test_the_vectors_reach_beyond_the_chat_window() -> None:
    [case] = [case for case in CASES if case["name"] == "chat_window"]
    sizes = [len(step["snapshot"]["chat"]["messages"]) for step in case["steps"]]
    more = [step["snapshot"]["chat"]["has_more"] for step in case["steps"]]
    assert (len(case["snapshot"]["chat"]["messages"]), *sizes) == (CHAT_SNAPSHOT_MESSAGES - 1, 50, 50, 50, 50)
    assert more == [False, True, True, True]


def test_every_event_is_in_a_vector() -> None:
    tags = {step["event"]["type"] for case in CASES for step in case["steps"]}
    assert tags == {kind.__struct_config__.tag for kind in RoomEvent.__args__}


def test_events_may_be_replayed_from_anywhere_before() -> None:
    for case in CASES:
        events = [msgspec.convert(step["event"], RoomEvent) for step in case["steps"]]
        start = msgspec.convert(case["snapshot"], RoomSnapshot)
        end = apply_events(start, events)
        for known in range(len(events)):
            there = apply_events(start, events[:known])
            assert apply_events(there, events) == end


def test_the_file_is_what_the_generator_writes() -> None:
    assert room_vectors.PATH.read_text(encoding="utf-8") == room_vectors.render()
