"""What a Yjs update contains, read before anything of it is applied.

The library believes what an update declares: four bytes make it allocate 134 MB, strings need not be UTF-8, and deep
nesting overflows its stack, which ends the process. So an update is read here first, in the format that Yjs calls v1,
and nothing is believed: what is declared must be there, and what no page makes is refused. Of the contents nothing is
kept but what the server has to know: whose blocks are added, which ones are taken for granted, what is deleted.

The format is that of Yjs 13.6 (`UpdateDecoder.js`, `ContentType.js` and their kin) and lib0 (`decoding.js`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, NoReturn, TypeVar

MAX_NUMBER = 2**53 - 1
"""Larger ones are none in JavaScript."""
MAX_CLOCK = 2**31 - 1
"""The library counts with 32 bits, and adds lengths to clocks."""
MAX_DEPTH = 32
"""Of values within values."""

State = Mapping[int, int]
"""A state vector: by client, the clock after its last known block."""

_GC = 0
"""A block whose contents nobody needs any more: its length is all that is left."""
_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _CONTENT = 0x80, 0x40, 0x20, 0x1F
"""The bits of a block's first byte."""
_NAMED_TYPES = (3, 5)
"""XmlElement and XmlHook: their names follow."""
_LAST_TYPE = 6

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|[^u])")
_ESCAPE_BYTES = 6
"""Of a code unit's escape in JSON."""

T = TypeVar("T")


# Plain numbers: everything that everybody writes is read here, and members of enumerations compare slowly.
_DELETED, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY = 1, 3, 4, 5, 6, 7, 8
"""What a block holds. JSON (2) is of earlier versions, documents (9) and moves (11) are nothing that we use."""
_BYTES, _ARRAY, _OBJECT, _TEXT, _INTEGER = 116, 117, 118, 119, 125
"""The kinds of values in `_ANY` whose size is not fixed."""
_TRUE, _FALSE, _BIGINT, _FLOAT64, _FLOAT32, _NULL, _UNDEFINED = 120, 121, 122, 123, 124, 126, 127
_SIZES = {_TRUE: 0, _FALSE: 0, _NULL: 0, _UNDEFINED: 0, _FLOAT32: 4, _FLOAT64: 8, _BIGINT: 8}
"""The kinds that have a fixed one, in bytes."""


class UpdateError(ValueError):
    """These bytes are no update, or one that no page makes."""


class Span(NamedTuple):
    """Blocks of one client without a gap."""

    client: int
    start: int
    end: int
    """The clock after the last one."""


class Section(NamedTuple):
    """Where an update has the blocks of one client."""

    client: int
    start: int
    """The clock of the first one."""
    blocks: int
    """How many there are."""
    at: int
    """The first one's first byte."""


class Update(NamedTuple):
    """What an update adds, deletes, and takes for granted."""

    added: tuple[Span, ...]
    """At most one of each client."""
    needed: State
    """By client, the clock after the newest block that is referred to or deleted."""
    roots: frozenset[str]
    """Names of the shared types that blocks say they are directly in."""
    types: int
    """How many shared types it adds."""
    sections: tuple[Section, ...]
    """Where its blocks are, by client."""
    deletions: int
    """How many spans it deletes."""
    deletions_at: int
    """Where it says which: from this byte on."""
    lone_halves: tuple[int, ...]
    """Where an escape in its JSON stands for half a character."""
    has_pairs: bool
    """Whether there are characters of two code units in its texts."""

    @property
    def steps(self) -> int:
        """How much the library does one after the other: blocks to be put somewhere, and spans to be deleted."""
        return self.blocks + self.deletions

    @property
    def blocks(self) -> int:
        """How many blocks it has."""
        return sum(section.blocks for section in self.sections)

    def is_missing(self, state: State) -> bool:
        """Tell whether something that is taken for granted is neither in `state` nor in the update itself."""
        known = {span.client: span.end for span in self.added}
        return any(span.start > state.get(span.client, 0) for span in self.added) or any(
            end > max(state.get(client, 0), known.get(client, 0)) for client, end in self.needed.items()
        )

    def news(self, state: State) -> Iterable[Span]:
        """Return the spans that reach beyond `state`."""
        return (span for span in self.added if span.end > state.get(span.client, 0))


def read_update(data: bytes, *, is_ours: bool = False) -> Update:
    """Read an update, or all of a document as the library writes it. Raises `UpdateError`."""
    return _read(data, UpdateReader.update, is_ours=is_ours)


def well_formed(data: bytes, update: Update) -> bytes:
    """Return an update with half characters in its JSON replaced, as pages do in all other texts that they send.

    JavaScript's strings may have them; the library refuses them.
    """
    if not update.lone_halves:
        return data
    mended = bytearray(data)
    for at in update.lone_halves:
        mended[at : at + _ESCAPE_BYTES] = b"\\ufffd"
    return bytes(mended)


def written_ends(data: bytes) -> dict[int, int]:
    """Return, by client, the clock after its last block in what the library has written. Raises `UpdateError`."""
    return {span.client: span.end for span in read_update(data, is_ours=True).added}


def read_state(data: bytes) -> dict[int, int]:
    """Read a state vector. Raises `UpdateError`."""
    return _read(data, UpdateReader.state)


def write_state(state: State) -> bytes:
    """Write a state vector, the largest client first, as Yjs does."""
    parts = [write_uint(len(state))]
    for client in sorted(state, reverse=True):
        parts += write_uint(client), write_uint(state[client])
    return b"".join(parts)


class UpdateReader:
    """Reads on from where it is; an end that comes too early is an `IndexError`."""

    def __init__(self, data: bytes, *, is_ours: bool) -> None:
        self._data = data
        self._is_ours = is_ours
        self._at = 0
        self._needed: dict[int, int] = {}
        self._roots: set[str] = set()
        self._types = 0
        self._lone_halves: list[int] = []
        self._has_pairs = False

    @property
    def is_at_end(self) -> bool:
        """Whether there is nothing more."""
        return self._at == len(self._data)

    def update(self) -> Update:
        """Read on as an update."""
        added: dict[int, Span] = {}
        sections: list[Section] = []
        for _ in range(self._uint()):
            count, client, start = self._uint(), self._uint(), self._uint()
            sections.append(Section(client, start, count, self._at))
            end = start
            for _ in range(count):
                end += self._block()
            if client in added or not start < end <= MAX_CLOCK:
                raise UpdateError("a client's blocks are none, too many, or come twice")
            added[client] = Span(client, start, end)
        deletions, deletions_at = 0, self._at
        for span in self._deletions():
            self._need(span.client, span.end)
            deletions += 1
        return Update(
            tuple(added.values()),
            self._needed,
            frozenset(self._roots),
            self._types,
            tuple(sections),
            deletions,
            deletions_at,
            tuple(self._lone_halves),
            self._has_pairs,
        )

    def state(self) -> dict[int, int]:
        """Read on as a state vector."""
        state: dict[int, int] = {}
        for _ in range(self._uint()):
            client = self._uint()
            clock = self._uint()
            if client in state or clock > MAX_CLOCK:
                raise UpdateError("a client comes twice, or has too many blocks")
            state[client] = clock
        return state

    def _deletions(self) -> Iterator[Span]:
        for _ in range(self._uint()):
            client = self._uint()
            for _ in range(self._uint()):
                start = self._uint()
                yield Span(client, start, start + self._length())

    def _block(self) -> int:
        """Read one block and return its length on the client's clock."""
        info = self._byte()
        if info == _GC:
            return self._length()
        if info & _HAS_LEFT:
            self._id()
        if info & _HAS_RIGHT:
            self._id()
        if not info & (_HAS_LEFT | _HAS_RIGHT):
            self._parent(has_key=bool(info & _HAS_KEY))
        return self._content(info & _CONTENT)

    def _parent(self, *, has_key: bool) -> None:
        """Read which shared type a block is in, and under which key."""
        is_root = self._uint()
        if is_root == 1:
            self._roots.add(self._text())
        elif is_root == 0:
            self._id()
        else:
            raise UpdateError("a parent is either a root or a block")
        if has_key:
            self._text()

    def _id(self) -> tuple[int, int]:
        """Read which block is referred to."""
        client, clock = self._uint(), self._uint()
        self._need(client, clock + 1)
        return client, clock

    def _content(self, kind: int) -> int:
        if kind == _ANY:
            count = self._length()
            for _ in range(count):
                self._value(0)
            return count
        if kind == _STRING:
            # Of a character that was cut in half, the library writes an empty text.
            text = self._text()
            length = _utf16_length(text)
            if length == 0 and not self._is_ours:
                raise UpdateError("an empty text")
            if length != len(text):
                self._has_pairs = True
            return length
        if kind == _DELETED:
            return self._length()
        if kind == _TYPE:
            self._type()
        elif kind == _FORMAT:
            self._text()
            self._json()
        elif kind == _EMBED:
            self._json()
        elif kind == _BINARY:
            self._skip(self._uint())
        else:
            raise UpdateError("contents of a kind that no page makes")
        return 1

    def _type(self) -> None:
        self._types += 1
        kind = self._uint()
        if kind > _LAST_TYPE:
            raise UpdateError("a shared type that no page makes")
        if kind in _NAMED_TYPES:
            self._text()

    def _value(self, depth: int) -> None:
        kind = self._byte()
        size = _SIZES.get(kind)
        if size is not None:
            self._skip(size)
        elif kind == _TEXT:
            self._text()
        elif kind == _INTEGER:
            self._integer()
        elif kind == _BYTES:
            self._skip(self._uint())
        elif depth == MAX_DEPTH:
            raise UpdateError("values too deep within values")
        elif kind == _ARRAY:
            for _ in range(self._uint()):
                self._value(depth + 1)
        elif kind == _OBJECT:
            for _ in range(self._uint()):
                self._text()
                self._value(depth + 1)
        else:
            raise UpdateError("a value of an unknown kind")

    def _need(self, client: int, end: int) -> None:
        if end > MAX_CLOCK:
            raise UpdateError("a clock beyond all blocks")
        if end > self._needed.get(client, 0):
            self._needed[client] = end

    def _byte(self) -> int:
        byte = self._data[self._at]
        self._at += 1
        return byte

    def _uint(self) -> int:
        # Updates consist of little else: this is where they are read fast or slowly.
        data, at = self._data, self._at
        byte = data[at]
        if byte < 0x80:
            self._at = at + 1
            return byte
        number = byte & 0x7F
        shift = 7
        while byte & 0x80:
            at += 1
            byte = data[at]
            number |= (byte & 0x7F) << shift
            shift += 7
            if number > MAX_NUMBER or shift > 56:
                raise UpdateError("a number too large for JavaScript")
        self._at = at + 1
        return number

    def _integer(self) -> None:
        """Skip a signed number: its first byte has six bits of it, and a sign."""
        last = self._at + 8
        while self._byte() & 0x80:
            if self._at == last:
                raise UpdateError("a number too large for JavaScript")

    def _length(self) -> int:
        length = self._uint()
        if not 0 < length <= MAX_CLOCK:
            raise UpdateError("nothing, or too much")
        return length

    def _skip(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise IndexError

    def _text(self) -> str:
        size = self._uint()
        start = self._at
        self._skip(size)
        return str(self._data[start : self._at], "utf-8")

    def _json(self) -> None:
        text = self._text()
        json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            size = len(text.encode())
            self._lone_halves += _lone_halves(self._data, self._at - size, self._at)


def _read(data: bytes, read: Callable[[UpdateReader], T], *, is_ours: bool = False) -> T:
    reader = UpdateReader(data, is_ours=is_ours)
    try:
        result = read(reader)
    except IndexError as error:
        raise UpdateError("it ends too early") from error
    except (ValueError, RecursionError) as error:
        # `UpdateError` is one, as are texts that are not UTF-8, or not JSON where it must be.
        raise UpdateError(str(error)) from error
    if not reader.is_at_end:
        raise UpdateError("it goes on after its end")
    return result


def _utf16_length(text: str) -> int:
    """Return the number of code units, which is what Yjs counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _lone_halves(data: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where an escape stands for one half of a character whose other half is not beside it."""
    first = -1
    for escape in _ESCAPE.finditer(data, start, end):
        unit = int(escape[1], 16) if escape[1] else 0
        if first >= 0 and not (_is_second_half(unit) and escape.start() == first + _ESCAPE_BYTES):
            yield first
        elif first >= 0:
            first = -1
            continue
        first = escape.start() if _is_first_half(unit) else -1
        if _is_second_half(unit):
            yield escape.start()
    if first >= 0:
        yield first


def _is_first_half(unit: int) -> bool:
    return 0xD800 <= unit < 0xDC00


def _is_second_half(unit: int) -> bool:
    return 0xDC00 <= unit < 0xE000


def _refuse_constant(name: str) -> NoReturn:
    raise UpdateError(f"{name} is not JSON")


def write_uint(number: int) -> bytes:
    """Write a number, seven bits in a byte."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
