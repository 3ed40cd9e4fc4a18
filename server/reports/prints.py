"""What statements and certificates have in common."""

from server.printing.fonts import Fonts
from server.printing.lines import Line, Look, broken
from server.reports.labels import ReportLabels
from server.reports.rows import About

_SEAL = Look(6, ("mono", ""), colour="quiet")
_MAX_CHARACTERS = 600
"""Of anything that somebody typed: more would have no room, and would take long to find that out."""


def seal(about: About, labels: ReportLabels, fonts: Fonts) -> Line:
    """Return the line by which a print can be held against the hours log."""
    text = labels.head.format(number=about.head.number, hash=about.head.hash)
    return broken([(text, _SEAL)], float("inf"), fonts)[0]


def clock(minutes: int) -> str:
    """Return minutes as hours and minutes."""
    return f"{minutes // 60}:{minutes % 60:02}"


def shortened(text: str, look: Look, width: float, fonts: Fonts, most: int | None = None) -> list[Line]:
    """Return text as its lines within a width, in points, and no more than `most`; what is left out shows as `…`."""
    if len(text) > _MAX_CHARACTERS:
        text = f"{text[:_MAX_CHARACTERS]}…"
    lines = broken([(text, look)], width, fonts)
    if most is None or len(lines) <= most:
        return lines
    [ellipsis] = broken([("…", look)], width, fonts)
    last = "".join(piece.text for piece in lines[most - 1])
    return [*lines[: most - 1], [*broken([(last, look)], width - ellipsis[0].width, fonts)[0], *ellipsis]]
