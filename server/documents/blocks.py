"""The blocks of an update one by one, and what an update is put together from: slices that each stand for themselves.

For updates that were read before (`update.py`): they are known to be well made.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice

from server.documents.update import Section, Span, State, Update, UpdateError, UpdateReader, read_update, write_uint

_HAS_LEFT, _HAS_RIGHT, _CONTENT, _STRING = 0x80, 0x40, 0x1F, 4
_LAST_OF_ONE_UNIT = "\uffff"


@dataclass(frozen=True, slots=True)
class Block:
    """One block, and where it is in the update's bytes."""

    client: int
    start: int
    end: int
    """The clock after it."""
    at: int
    at_end: int
    needed: State
    """By client, the clock after the newest block that is referred to."""
    left: tuple[int, int] | None
    right: tuple[int, int] | None
    text: str
    """What is written there, of a block that is text."""


class Pairs:
    """Where characters of two code units are in the texts of a document: the clocks of their second halves.

    Who refers to one of these as the end or the beginning of something cuts a character in half. Yjs then makes two
    replacement characters of it, and the library two blocks whose lengths are wrong.
    """

    def __init__(self) -> None:
        self._clocks: dict[int, array[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._clocks)

    def __contains__(self, place: tuple[int, int]) -> bool:
        client, clock = place
        clocks = self._clocks.get(client)
        if clocks is None:
            return False
        at = bisect_left(clocks, clock)
        return at < len(clocks) and clocks[at] == clock

    def add(self, data: bytes, update: Update, state: State) -> None:
        """Take note of what an update adds to a document of which `state` is known."""
        for block in _blocks(data, update):
            if block.text > "" and max(block.text) > _LAST_OF_ONE_UNIT:
                known = state.get(block.client, 0)
                for clock in _second_halves(block):
                    if clock >= known:
                        self._clocks.setdefault(block.client, array("I")).append(clock)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the server has to know of all that is in a document."""

    types: int
    """How many shared types there are."""
    pairs: Pairs


def survey(whole: bytes) -> Survey:
    """Look through all of a document, as the library writes it. Raises `UpdateError`."""
    update, pairs = read_update(whole, is_ours=True), Pairs()
    if update.has_pairs:
        pairs.add(whole, update, {})
    return Survey(update.types, pairs)


def cuts_a_pair(data: bytes, update: Update, state: State, pairs: Pairs) -> bool:
    """Tell whether an update to a document of `state` that has `pairs` cuts one of them in half, or one of its own."""
    own = Pairs()
    own.add(data, update, state)
    return any(place in pairs or place in own for place in _cuts(data, update, state))


def slices(data: bytes, update: Update, state: State, most: int) -> Iterator[bytes]:
    """Yield an update that is missing nothing in parts of at most `most` steps, in an order in which none waits.

    What it deletes comes last. Raises `UpdateError` when some of its blocks wait for each other.
    """
    known = dict(state)
    runs = [_Run(data, section) for section in update.sections]
    while runs:
        is_stuck = True
        for run in runs:
            while part := run.take(known, most):
                is_stuck = False
                yield part
        if is_stuck:
            raise UpdateError("blocks that wait for each other")
        runs = [run for run in runs if not run.is_at_end]
    spans = _BlockReader(data, update.deletions_at).deletions()
    while some := list(islice(spans, most)):
        yield _deletion(some)


class _BlockReader(UpdateReader):
    """Reads blocks again, and remembers what they refer to."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data, is_ours=True)
        self._at = at
        self._ids: list[tuple[int, int]] = []
        self._last_text = ""

    def blocks(self, section: Section) -> Iterator[Block]:
        start = section.start
        for _ in range(section.blocks):
            at = self._at
            info = self._data[at]
            self._ids, self._needed = [], {}
            end = start + self._block()
            ids = iter(self._ids)
            left = next(ids) if info & _HAS_LEFT else None
            right = next(ids) if info & _HAS_RIGHT else None
            text = self._last_text if info & _CONTENT == _STRING else ""
            yield Block(section.client, start, end, at, self._at, self._needed, left, right, text)
            start = end

    def deletions(self) -> Iterator[Span]:
        return self._deletions()

    def _id(self) -> tuple[int, int]:
        place = super()._id()
        self._ids.append(place)
        return place

    def _text(self) -> str:
        self._last_text = super()._text()
        return self._last_text


class _Run:
    """The blocks of one client that are still to be taken."""

    def __init__(self, data: bytes, section: Section) -> None:
        self._data = data
        self._client = section.client
        self._blocks = _BlockReader(data, section.at).blocks(section)
        self._next = next(self._blocks, None)

    @property
    def is_at_end(self) -> bool:
        return self._next is None

    def take(self, known: dict[int, int], most: int) -> bytes:
        """Return the next blocks that wait for nothing, as an update, and count them as known."""
        first = block = self._next
        count = 0
        at_end = 0
        while block is not None and count < most and _is_known(block, known):
            known[block.client] = max(known.get(block.client, 0), block.end)
            at_end = block.at_end
            count += 1
            block = next(self._blocks, None)
        self._next = block
        if first is None or count == 0:
            return b""
        header = b"\x01" + write_uint(count) + write_uint(self._client) + write_uint(first.start)
        return header + self._data[first.at : at_end] + b"\x00"


def _deletion(spans: Iterable[Span]) -> bytes:
    """Return an update that deletes spans of which those of one client stand together."""
    of_clients = [(client, list(own)) for client, own in groupby(spans, lambda span: span.client)]
    parts = [b"\x00", write_uint(len(of_clients))]
    for client, own in of_clients:
        parts += write_uint(client), write_uint(len(own))
        for span in own:
            parts += write_uint(span.start), write_uint(span.end - span.start)
    return b"".join(parts)


def _is_known(block: Block, known: State) -> bool:
    return all(known.get(client, 0) >= end for client, end in block.needed.items())


def _blocks(data: bytes, update: Update) -> Iterable[Block]:
    return chain.from_iterable(_BlockReader(data, section.at).blocks(section) for section in update.sections)


def _cuts(data: bytes, update: Update, state: State) -> Iterator[tuple[int, int]]:
    """Yield where texts are cut by being written beside, deleted, or known up to there."""
    for span in update.added:
        yield span.client, state.get(span.client, 0)
    for block in _blocks(data, update):
        if block.left is not None:
            yield block.left[0], block.left[1] + 1
        if block.right is not None:
            yield block.right
    for span in _BlockReader(data, update.deletions_at).deletions():
        yield span.client, span.start
        yield span.client, span.end


def _second_halves(block: Block) -> Iterator[int]:
    clock = block.start
    for character in block.text:
        clock += 1
        if character > _LAST_OF_ONE_UNIT:
            yield clock
            clock += 1
