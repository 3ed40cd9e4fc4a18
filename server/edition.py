"""How something to take along is written: in whose language, and for whose printer. The page that asks for it knows."""

from dataclasses import dataclass
from enum import StrEnum


class Paper(StrEnum):
    """What it is printed on."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height, upright, in points."""
        return (595.28, 841.89) if self is Paper.A4 else (612.0, 792.0)


@dataclass(frozen=True, slots=True)
class Edition:
    """How one copy is written."""

    language: str = "en"
    """BCP 47; English when it is one that nothing is written in."""
    held_on: str = ""
    """The day that it is of, as people write it."""
    paper: Paper = Paper.A4
