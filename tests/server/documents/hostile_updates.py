"""Updates that no page makes; `python -m tests.server.documents.hostile_updates` puts them together.

nested KIND DEPTH    shared types within each other, of which the outermost is deleted; says so
damaged COUNT        real updates, damaged; says how many were put together, and by how many kB the process grew
"""

import resource
import sys
from itertools import islice

from server.documents.replica import Replica
from server.documents.update import read_update
from tests.fuzz.documents import damaged, put_together
from tests.fuzz.targets import CORPUS

KINDS = {"array": b"\x00", "map": b"\x01", "element": b"\x03\x01p", "fragment": b"\x04"}


def number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def blocks(client: int, *contents: bytes) -> bytes:
    """Return an update of blocks of one client."""
    return b"\x01" + number(len(contents)) + number(client) + b"\x00" + b"".join(contents) + b"\x00"


def block_id(client: int, clock: int) -> bytes:
    return number(client) + number(clock)


def beside_everything(length: int, count: int) -> tuple[bytes, bytes]:
    """Return a row of blocks, and blocks that are each to be put somewhere after another one of them.

    To find that out, the library compares each of the latter with all that comes after it.
    """
    value = b"\x01\x7e"
    row = [b"\x88" + block_id(1, clock) + value for clock in range(length - 1)]
    step = length // count
    after = [b"\x88" + block_id(1, step * place) + value for place in reversed(range(count))]
    return blocks(1, b"\x08\x01\x05notes" + value, *row), blocks(7, *after)


def nested(depth: int, kind: bytes) -> bytes:
    """Return shared types, each within the one before."""
    outermost = b"\x07\x01\x05notes" + kind
    return blocks(7, outermost, *(b"\x07\x00" + block_id(7, clock) + kind for clock in range(depth - 1)))


def delete_nested(kind: str, depth: int) -> None:
    """Put the deepest together and delete it."""
    data, deletion = nested(depth, KINDS[kind]), b"\x00\x01\x07\x01\x00\x01"
    replica = Replica()
    for update in (data, deletion):
        replica.integrate([(update, read_update(update))])
    Replica([data, deletion])
    print("deleted")  # noqa: T201 - to the test


def put_damaged_together(count: int) -> None:
    """Try damaged updates."""
    updates = [path.read_bytes() for path in sorted((CORPUS / "update").iterdir())]
    for update in updates:
        put_together(update)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = sum(put_together(data) is not None for data in islice(damaged(updates, 1), count))
    print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)  # noqa: T201 - to the test


if __name__ == "__main__":
    if sys.argv[1] == "nested":
        delete_nested(sys.argv[2], int(sys.argv[3]))
    else:
        put_damaged_together(int(sys.argv[2]))
