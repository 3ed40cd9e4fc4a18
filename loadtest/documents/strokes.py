"""What somebody draws by hand, as the updates that the page makes of it."""

import json
import math
from random import Random
from typing import Any

from pycrdt import Array, Doc, Map, TransactionEvent

from loadtest.documents.stamps import write_stamp

UPDATES_PER_STROKE = 45
"""A second and a half without lifting the pen."""
_POINTS_PER_UPDATE = 2
"""A pointer is read sixty times a second."""
_TURN = 60
"""Points of one turn of the scribble: in the second half of a stroke it has its full extent."""
_ORIGIN = 10_000


class Pen:
    """One page that draws: every update has the next points of a stroke, and what has changed in its element."""

    def __init__(self, author: str, chance: Random) -> None:
        self.author = author
        self._chance = chance
        self._doc: Doc = Doc()  # type: ignore[type-arg]
        self._elements: Map = self._doc.get("elements", type=Map)  # type: ignore[type-arg]
        self._points: Map = self._doc.get("points", type=Map)  # type: ignore[type-arg]
        self._updates: list[bytes] = []
        self._subscription = self._doc.observe(self._on_transaction)
        self._count = 0
        self._element: dict[str, Any] = {}

    def draw(self, at_us: int) -> bytes:
        """Return the next update, stamped."""
        number = self._count % UPDATES_PER_STROKE
        self._count += 1
        with self._doc.transaction():
            if number == 0:
                self._begin()
            stroke: Array = self._points[self._element["id"]]  # type: ignore[type-arg]
            stroke.extend([*self._next_points(number), write_stamp(self.author, at_us)])
        return self._updates.pop()

    def _begin(self) -> None:
        """Begin a stroke. What is drawn before stays with others: of it nothing has to be remembered here."""
        self._element = {
            "id": f"{self.author}{self._count:06d}{self._chance.getrandbits(48):012x}",
            "type": "freedraw",
            "x": self._chance.randrange(_ORIGIN),
            "y": self._chance.randrange(_ORIGIN),
            "width": 0,
            "height": 0,
            "strokeColor": "#1e1e1e",
            "strokeWidth": 2,
            "roughness": 1,
            "seed": self._chance.getrandbits(31),
            "index": f"e{self._count:05d}",
            "groupIds": [],
            "boundElements": [],
            "simulatePressure": True,
        }
        self._points[self._element["id"]] = Array()

    def _next_points(self, number: int) -> list[float]:
        """Return the next points, flat, and let the element grow with them."""
        flat: list[float] = []
        first = number * _POINTS_PER_UPDATE
        for step in range(first, first + _POINTS_PER_UPDATE):
            angle = 2 * math.pi * step / _TURN
            flat += (_rounded(80 * (1 - math.cos(angle))), _rounded(40 * math.sin(angle)))
        extent = (max(self._element["width"], *flat[::2]), max(self._element["height"], *flat[1::2]))
        if number == 0 or extent != (self._element["width"], self._element["height"]):
            self._element["width"], self._element["height"] = extent
            self._elements[self._element["id"]] = json.dumps(self._element, separators=(",", ":"))
        return flat

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._updates.append(event.update)


def _rounded(value: float) -> float:
    """Round as the page does: such a number takes 5 bytes instead of 9."""
    return round(value * 64) / 64
