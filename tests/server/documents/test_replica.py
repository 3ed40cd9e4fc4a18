import asyncio
import gc
import random
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents import replica as replica_module
from server.documents.replica import NO_STATE, NO_UPDATE, GaveUpError, Replica, ReplicaError
from server.documents.update import Update, UpdateError, read_state, read_update, write_state
from tests.server.documents.hostile_updates import beside_everything, blocks, number
from tests.support.documents import PageDocument, write_everything


def checked(*updates: bytes) -> list[tuple[bytes, Update]]:
    return [(data, read_update(data)) for data in updates]


def test_it_has_what_was_integrated() -> None:
    page = PageDocument(7)
    page.elements["a"] = "1"
    page.elements["b"] = "2"
    replica = Replica()
    replica.integrate(checked(*page.updates))
    assert replica.state == read_state(page.doc.get_state())
    other = PageDocument()
    other.receive(replica.since(NO_STATE))
    assert other.elements.to_py() == {"a": "1", "b": "2"}


def test_what_many_have_changed_becomes_one_change() -> None:
    pages = [PageDocument(client) for client in range(1, 6)]
    for page in pages:
        page.elements[f"of {page.doc.client_id}"] = "x"
    change = Replica().integrate(checked(*(page.updates[0] for page in pages)))
    assert {span.client for span in read_update(change).added} == {1, 2, 3, 4, 5}


def test_only_what_is_new_is_a_change() -> None:
    page = PageDocument(7)
    page.elements["a"] = "1"
    page.elements["b"] = "2"
    replica = Replica(page.updates[:1])
    change = replica.integrate(checked(*page.updates))
    assert [(span.start, span.end) for span in read_update(change).added] == [(1, 2)]
    assert replica.integrate(checked(*page.updates)) == NO_UPDATE


def test_it_tells_what_somebody_lacks() -> None:
    page = PageDocument(7)
    page.elements["a"] = "1"
    state = page.doc.get_state()
    page.elements["b"] = "2"
    lacking = read_update(Replica(page.updates).since(state))
    assert [(span.start, span.end) for span in lacking.added] == [(1, 2)]


def test_blocks_that_wait_for_each_other_do_not_fit_in() -> None:
    # A block of client 1 to the right of one of client 2, which is to the right of the former.
    circle = bytes((2, 1, 2, 0, 0x84, 1, 0, 1, ord("b"), 1, 1, 0, 0x84, 2, 0, 1, ord("a"), 0))
    update = read_update(circle)
    assert not update.is_missing({})
    with pytest.raises(ReplicaError, match="fit"):
        Replica().integrate([(circle, update)])


def test_what_the_library_gives_up_on_is_told_from_what_does_not_fit() -> None:
    # Found by damaging a real update: a block of no length, and a deletion that begins in it. The reader refuses it.
    data = bytes.fromhex(
        "010805000101056e6f7465730100008705000309706172616772617068070005240604000506"
        "0874776f20f09f988087050503097061726167726170680700050d060400050e0574687265650105010005"
    )
    with pytest.raises(UpdateError):
        read_update(data)
    with pytest.raises(GaveUpError):
        Replica([data])


async def test_a_document_that_is_put_together_in_stretches_is_the_same_and_others_get_their_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replica_module, "_STRETCH_S", 0.0)
    row, beside = beside_everything(2_000, 100)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    replica = await Replica.load([row, beside])
    counting.cancel()
    assert turns > 3
    assert replica.load_s > 0
    at_once = Replica([row, beside])
    assert (replica.state, replica.since(NO_STATE)) == (at_once.state, at_once.since(NO_STATE))
    with pytest.raises(ReplicaError):
        await Replica.load([b"none"])


def test_a_replica_that_nobody_has_is_gone() -> None:
    page = PageDocument(7)
    page.elements["a"] = "1"
    replica = Replica(page.updates)
    page.elements["b"] = "2"
    replica.integrate(checked(page.updates[-1]))
    inner = weakref.ref(replica.doc)
    del replica
    gc.collect()
    assert inner() is None


def test_what_takes_too_long_to_put_in_its_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    row, beside = beside_everything(20_000, 4_000)
    replica = Replica([row])
    monkeypatch.setattr(replica_module, "MAX_EFFORT_S", 0.0)
    with pytest.raises(ReplicaError, match="too long"):
        replica.integrate(checked(beside))
    news = read_update(replica.since(write_state({1: 20_000})), is_ours=True)
    assert news.blocks < 1_000, "it is noticed after a part"


def test_a_long_row_of_small_blocks_is_put_together_at_once() -> None:
    # At once it is a matter of seconds; if all of it were copied for each block, of minutes.
    row, _ = beside_everything(100_000, 1)
    replica = Replica()
    change = replica.integrate(checked(row))
    again = Replica([row])
    assert again.since(NO_STATE) == replica.since(NO_STATE)
    assert Replica([change]).state == replica.state == {1: 100_000}


def test_what_each_update_took_is_told() -> None:
    row, beside = beside_everything(5_000, 500)
    little = PageDocument(9).draw(a="1")
    replica = Replica([row])
    replica.integrate(checked(little, beside))
    quick, slow = replica.efforts_s()
    assert 0 <= quick < slow


def test_a_block_within_what_is_no_type_does_not_fit_in() -> None:
    text = bytes((1, 1, 1, 0, 0x04, 1, 1, ord("r"), 1, ord("a"), 0))
    within = bytes((1, 1, 1, 1, 0x04, 0, 1, 0, 1, ord("b"), 0))
    replica = Replica([text])
    with pytest.raises(ReplicaError):
        replica.integrate(checked(within))


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_whatever_reads_well_is_integrated_or_refused(random_: random.Random, changes: int) -> None:
    page = PageDocument(7)
    write_everything(page)
    data = bytearray(page.updates[0])
    for _ in range(changes):
        at = random_.randrange(len(data))
        data[at : at + random_.choice((0, 1, 1, 2))] = random_.randbytes(random_.choice((0, 1, 1, 3)))
    try:
        update = read_update(bytes(data))
    except UpdateError:
        return
    replica = Replica()
    try:
        replica.integrate([(bytes(data), update)])
    except ReplicaError:
        return
    again = Replica([replica.since(NO_STATE)])
    assert again.state == replica.state


def test_deleting_here_and_there_in_a_long_text_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "MAX_EFFORT_S", 0.0)
    length = 400_000
    replica = Replica([blocks(1, b"\x04\x01\x05notes" + number(length) + b"a" * length)])
    spans = b"".join(number(start) + b"\x01" for start in range(length - 2, 0, -8))
    scattered = b"\x00\x01\x01" + number(length // 8) + spans
    with pytest.raises(ReplicaError, match="too long"):
        replica.integrate(checked(scattered))
    assert read_update(replica.since(NO_STATE), is_ours=True).deletions < 1_000, "it is noticed after a part"
