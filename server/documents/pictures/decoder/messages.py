"""What goes over the socket between server and decoder: pictures one way, what was made of them the other.

Either is its size, four bytes big-endian, and then so many bytes; before an answer's size stands a byte that says what
it is. The server believes none of it further than that: by then a stranger's file may be what answers.
"""

import struct
from enum import IntEnum

ASK = struct.Struct(">I")
ANSWER = struct.Struct(">BI")
MAX_ANSWER_BYTES = 32 * 2**20
"""The largest picture that is kept, should nothing in it become smaller, has three quarters of that."""


class Answer(IntEnum):
    """What the decoder says."""

    READY = 0
    """It has started, and can be asked. The others are answers to one picture each."""
    JPEG = 1
    PNG = 2
    NO_PICTURE = 3
    TOO_MANY_PIXELS = 4
    TOO_MUCH_WORK = 5
    """It would take longer, or more memory, than any picture that people take."""
