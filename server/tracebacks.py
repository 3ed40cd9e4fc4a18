"""What an error is in one line of a log, where a traceback would be dozens."""

import traceback
from pathlib import Path

_FRAMES = 6
"""Of a traceback, the innermost."""


def in_one_line(error: BaseException) -> dict[str, str]:
    """Return what was raised, and where."""
    first = error
    while first.__cause__ is not None:  # of a timeout: where it waited
        first = first.__cause__
    frames = traceback.extract_tb(first.__traceback__)[-_FRAMES:]
    return {
        "at": " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames),
        "error": " ".join(f"{type(error).__name__}: {error}".split()),
    }
