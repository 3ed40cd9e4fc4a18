"""What can be fuzzed, by name, and the corpus of each: real packets, and whatever once was too much for it."""

from collections.abc import Callable
from pathlib import Path

from server.media.worker.h264 import begins_keyframe
from tests.fuzz.conversation import converse
from tests.fuzz.documents import put_together, read_vector
from tests.fuzz.handshake import shake_hands
from tests.fuzz.parsers import read_rtcp, read_rtp, read_vp8, receive_check, receive_signed_check

TARGETS: dict[str, Callable[[bytes], object]] = {
    "rtp": read_rtp,
    "rtcp": read_rtcp,
    "vp8": read_vp8,
    "h264": begins_keyframe,
    "stun": receive_check,
    "stun_signed": receive_signed_check,
    "dtls": shake_hands,
    "worker": converse,
    "update": put_together,
    "state_vector": read_vector,
}
CORPUS = Path(__file__).parent / "corpus"


def corpus(name: str) -> list[Path]:
    """Return the inputs of a target."""
    return sorted((CORPUS / name).iterdir())
