"""Time stamps in updates: who drew, and when; found again in whatever a server makes of the updates.

A stamp is a text in the list of a stroke's points. Servers merge updates, but leave contents as they are.
"""

import re
import time

from loadtest.bots.delay import Samples

MAX_AUTHORS = 26 * 26


def now_us() -> int:
    """Return the moment, in microseconds of a clock that all processes of this machine share."""
    return time.monotonic_ns() // 1_000


def author_code(number: int) -> str:
    """Return the two letters that stand for an author, `number` of at most `MAX_AUTHORS`."""
    return chr(97 + number // 26) + chr(97 + number % 26)


def write_stamp(author: str, at_us: int) -> str:
    """Return the stamp of an author's update."""
    return f"@{author}{at_us:015x}"


class StampFinder:
    """Finds the stamps of others in what one page receives, and how old they are."""

    def __init__(self, own: str | None = None) -> None:
        """`own` is the author whose stamps do not count, if any."""
        self.found = 0
        others = b"" if own is None else b"(?!%b)" % own.encode()
        self._pattern = re.compile(rb"@%b[a-z]{2}([0-9a-f]{15})" % others)

    def find(self, data: bytes, ages: Samples) -> None:
        """Count the stamps in `data`, and add their ages as of now to `ages`."""
        now = now_us()
        stamps = self._pattern.findall(data)
        self.found += len(stamps)
        for digits in stamps:
            ages.add((now - int(digits, 16)) * 1_000)
