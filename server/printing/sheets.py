"""What stands where on the pages of a PDF, in points from the top left, and not how it is painted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from server.printing.lines import Line, Piece

LEFT, TOP = 64.0, 64.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed on, and as far as where to the right and down; in points."""

    width: float
    height: float

    @property
    def right(self) -> float:
        """Return where lines end."""
        return self.width - LEFT

    @property
    def bottom(self) -> float:
        """Return where pages end, but for their feet."""
        return self.height - 72


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text; `y` is its base line."""

    x: float
    y: float
    piece: Piece


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle; `y` is its upper edge."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline, from level 0 on."""

    y: float
    level: int
    text: str


@dataclass(slots=True)
class Page:
    """What is on one page; areas lie below the text."""

    areas: list[Area] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)


def words_of(line: Line, x: float, y: float) -> Iterator[Words]:
    """Yield a line that begins at `x`, each piece where the one before it ends."""
    for piece in line:
        yield Words(x, y, piece)
        x += piece.width
