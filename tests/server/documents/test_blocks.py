"""The blocks of an update, where they cut characters, and the slices that a large update is put together from."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Text

from server.documents.blocks import Pairs, cuts_a_pair, slices, survey
from server.documents.replica import NO_STATE, NO_UPDATE, Replica
from server.documents.update import UpdateError, read_update
from tests.server.documents.hostile_updates import block_id, blocks, number
from tests.support.documents import PageDocument, write_everything

CLIENT = 7


def text(words: str, *, head: bytes = b"\x04\x01\x05notes") -> bytes:
    encoded = words.encode()
    return head + number(len(encoded)) + encoded


def deletion(start: int, end: int) -> bytes:
    return b"\x00\x01" + number(CLIENT) + b"\x01" + number(start) + number(end - start)


def beside(left: int | None, right: int | None) -> bytes:
    """Return a block of somebody else between two code units of the text."""
    info = 0x04 | (0x80 if left is not None else 0) | (0x40 if right is not None else 0)
    ids = b"".join(block_id(CLIENT, clock) for clock in (left, right) if clock is not None)
    return blocks(8, text("x", head=bytes((info,)) + ids))


WORDS = "a😀b👩🏽c"
"""The units of a, 😀, b, 👩, 🏽, c begin at 0, 1, 3, 4, 6, 8."""
MIDDLES = {2, 5, 7}


def is_cut(update: bytes) -> bool:
    data = blocks(CLIENT, text(WORDS))
    pairs = survey(Replica([data]).since(NO_STATE)).pairs
    return cuts_a_pair(update, read_update(update), {CLIENT: 9}, pairs)


@pytest.mark.parametrize("at", range(1, 9))
def test_who_deletes_or_writes_within_a_character_cuts_it(at: int) -> None:
    assert is_cut(deletion(0, at)) == (at in MIDDLES)
    assert is_cut(deletion(at, 9)) == (at in MIDDLES)
    assert is_cut(beside(at - 1, None)) == (at in MIDDLES)
    assert is_cut(beside(None, at)) == (at in MIDDLES)
    assert is_cut(beside(at - 1, at)) == (at in MIDDLES)


def test_a_whole_character_is_not_cut() -> None:
    assert not is_cut(deletion(1, 3))
    assert not is_cut(deletion(4, 8))


def test_an_update_that_cuts_its_own_text_cuts() -> None:
    data = blocks(CLIENT, text("a😀b"))[:-1] + deletion(0, 2)[1:]
    assert cuts_a_pair(data, read_update(data), {}, Pairs())
    data = blocks(CLIENT, text("a😀b"))[:-1] + deletion(0, 3)[1:]
    assert not cuts_a_pair(data, read_update(data), {}, Pairs())


def test_a_text_that_is_known_up_to_the_middle_of_a_character_is_cut() -> None:
    data = blocks(CLIENT, text("a😀b"))
    assert cuts_a_pair(data, read_update(data), {CLIENT: 2}, Pairs())
    assert not cuts_a_pair(data, read_update(data), {CLIENT: 3}, Pairs())


def test_what_is_no_text_cannot_be_cut() -> None:
    page = PageDocument(CLIENT)
    page.draw(a="😀")
    assert not survey(page.doc.get_update()).pairs


def put_together_sliced(data: bytes, most: int) -> tuple[Replica, int]:
    replica = Replica()
    count = 0
    for part in slices(data, read_update(data, is_ours=True), {}, most):
        update = read_update(part, is_ours=True)
        assert not update.is_missing(replica.state)
        assert update.steps <= most
        replica.integrate([(part, update)])
        count += 1
    return replica, count


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_slices_say_the_same_as_the_whole(random_: random.Random, most: int) -> None:
    pages = [PageDocument(client) for client in random_.sample(range(1, 1000), 3)]
    for _ in range(6):
        page = random_.choice(pages)
        write_everything(page)
        random_.choice(pages).receive(page.doc.get_update())
    merged = PageDocument()
    for page in pages:
        merged.receive(page.doc.get_update())
    whole = merged.doc.get_update()
    replica, count = put_together_sliced(whole, most)
    assert count > 1
    copy = PageDocument()
    copy.receive(replica.since(NO_STATE))
    assert str(copy.notes) == str(merged.notes)
    assert (copy.shown(), copy.points()) == (merged.shown(), merged.points())


def test_blocks_that_wait_for_each_other_are_not_sliced() -> None:
    circle = bytes((2, 1, 2, 0, 0x84, 1, 0, 1, ord("b"), 1, 1, 0, 0x84, 2, 0, 1, ord("a"), 0))
    with pytest.raises(UpdateError, match="wait"):
        list(slices(circle, read_update(circle), {}, 5))


def test_blocks_of_two_that_were_written_in_turns_are_sliced() -> None:
    turns = [
        b"\x08\x01\x05notes\x01\x7e",
        *(b"\x88" + block_id(1 + clock % 2, clock // 2) + b"\x01\x7e" for clock in range(9)),
    ]
    data = b"\x02" + b"".join(
        number(5) + number(client) + b"\x00" + b"".join(turns[client - 1 :: 2]) for client in (2, 1)
    )
    data += b"\x00"
    replica, _ = put_together_sliced(data, 100)
    assert replica.state == {1: 5, 2: 5}
    assert replica.since(NO_STATE) != NO_UPDATE


@settings(max_examples=100, deadline=None)
@given(
    st.text("ab😀é👩", min_size=3, max_size=12),
    st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(1, 5)), max_size=8),
)
def test_what_cuts_nothing_is_read_as_it_is(words: str, changes: list[tuple[bool, int, int]]) -> None:
    data = blocks(CLIENT, text(words))
    replica = Replica([data])
    replica.pairs = survey(data).pairs
    end = replica.state[CLIENT]
    for client, (is_deletion, at, length) in enumerate(changes, 8):
        start = at % end
        place = block_id(CLIENT, start)
        update = (
            deletion(start, min(start + length, end))
            if is_deletion
            else blocks(client, text("x😀", head=b"\x84" + place))
        )
        if not replica.cuts(update, read_update(update), replica.state):
            replica.integrate([(update, read_update(update))])
    again = Replica([replica.whole()])
    assert again.state == replica.state
    assert shown(again) == shown(replica)


def shown(replica: Replica) -> str:
    return str(replica.doc.get("notes", type=Text))
