"""Updates that are made to be too much for the library, in a process of their own: it would be the one that ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.documents import replica as replica_module
from server.documents.fullness import MAX_TYPES
from server.documents.replica import Replica, ReplicaError
from server.documents.update import read_update
from tests.server.documents.hostile_updates import block_id, blocks, nested

ROOT = Path(__file__).parents[3]
DAMAGED = 100_000
MAX_GROWTH_KB = 20_000
"""Of the process, by whatever is refused or put together. One that is believed makes the library take 134 MB."""
NONE = 126


VALUE = bytes((1, NONE))
AT_ONE_PLACE = {
    "the beginning": b"\x08\x01\x05notes" + VALUE,
    "one key": b"\x28\x01\x05notes\x01a" + VALUE,
    "the right of one": b"\x88" + block_id(1, 0) + VALUE,
    "the left of one": b"\x48" + block_id(1, 0) + VALUE,
    "between two": b"\xc8" + block_id(1, 0) + block_id(1, 1) + VALUE,
}


@pytest.mark.parametrize("block", AT_ONE_PLACE.values(), ids=AT_ONE_PLACE.keys())
def test_what_many_put_at_one_place_takes_no_longer_than_one_change_may(
    block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To find its place, each block is compared with all that others have put there.
    replica = Replica([blocks(1, b"\x08\x01\x05notes" + VALUE, b"\x88" + block_id(1, 0) + VALUE)])
    theirs = blocks(7, *[block] * 3_000)
    replica.integrate([(theirs, read_update(theirs))])
    monkeypatch.setattr(replica_module, "MAX_EFFORT_S", 0.1)
    mine = blocks(9, *[block] * 20_000)
    with pytest.raises(ReplicaError, match="too long"):
        replica.integrate([(mine, read_update(mine))])
    assert replica.effort_s < 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.server.documents.hostile_updates", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("kind", ["array", "map", "element", "fragment"])
def test_the_deepest_that_is_taken_can_be_deleted(kind: str) -> None:
    outcome = run("nested", kind, str(MAX_TYPES))
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split() == ["deleted"]


def test_damaged_updates_neither_end_nor_bloat_the_process() -> None:
    outcome = run("damaged", str(DAMAGED))
    assert outcome.returncode == 0, outcome.stderr[-2_000:]
    kept, growth_kb = map(int, outcome.stdout.split())
    assert kept > DAMAGED // 20, "many of them are good enough to get to the library"
    assert growth_kb < MAX_GROWTH_KB


def test_types_are_counted() -> None:
    data = nested(5, b"\x00")
    update = read_update(data)
    assert update.types == 5
    Replica().integrate([(data, update)])
