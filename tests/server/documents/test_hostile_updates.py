"""Updates that are made to be too much for the library, in a process of their own: it would be the one that ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.documents.live import MAX_TYPES
from server.documents.replica import Replica
from server.documents.update import MAX_AT_ONE_PLACE, UpdateError, read_update
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
def test_only_so_many_blocks_are_put_at_one_place(block: bytes) -> None:
    read_update(blocks(7, *[block] * MAX_AT_ONE_PLACE))
    with pytest.raises(UpdateError, match="place"):
        read_update(blocks(7, *[block] * (MAX_AT_ONE_PLACE + 1)))


def test_what_is_written_in_a_row_is_at_many_places() -> None:
    row = [b"\x88" + block_id(7, clock) + VALUE for clock in range(3 * MAX_AT_ONE_PLACE)]
    assert read_update(blocks(7, b"\x08\x01\x05notes" + VALUE, *row)).added[0].end == len(row) + 1


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
