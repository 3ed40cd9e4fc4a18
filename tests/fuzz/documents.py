"""Fuzz targets of documents: what reads well is put together or refused, and is read again when it is kept."""

import random
from collections.abc import Iterator

from server.documents.blocks import survey
from server.documents.replica import NO_STATE, NO_UPDATE, Replica, ReplicaError
from server.documents.update import UpdateError, read_state, read_update, write_state


def put_together(data: bytes) -> bytes | None:
    """Take bytes as an update to an empty document, as the server does. Return the change that it makes, if any."""
    try:
        update = read_update(data)
    except UpdateError:
        return None
    if update.is_missing({}):
        return None
    replica = Replica()
    try:
        change = replica.integrate([(data, update)])
    except ReplicaError:
        return None
    whole = replica.since(NO_STATE)
    assert change == NO_UPDATE or Replica([change]).state == replica.state
    assert Replica([whole]).state == replica.state
    assert survey(whole).types <= update.types
    return change


def read_vector(data: bytes) -> dict[int, int] | None:
    """Take bytes as a state vector."""
    try:
        state = read_state(data)
    except UpdateError:
        return None
    assert read_state(write_state(state)) == state
    Replica().since(data)
    return state


def damaged(updates: list[bytes], seed: int) -> Iterator[bytes]:
    """Return real updates without end, each with some bytes changed, taken out or put in."""
    random_ = random.Random(seed)
    while True:
        data = bytearray(random_.choice(updates))
        for _ in range(random_.randint(1, 3)):
            at = random_.randrange(len(data) + 1)
            data[at : at + random_.choice((0, 1, 1, 1, 2))] = random_.randbytes(random_.choice((0, 1, 1, 1, 2)))
        yield bytes(data)
