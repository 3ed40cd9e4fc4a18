"""Where a producer's packets come from: a page's transport, or another worker."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from server.media.worker.layer import Layer
    from server.media.worker.producer import Producer
    from server.media.worker.room_audio import RoomAudio


class Upstream(Protocol):
    """What a producer and its layers ask of it."""

    group: str
    """Whoever is of the same group does not hear it in the audio slots."""
    audio: "RoomAudio"

    @property
    def request_again(self) -> "Callable[[Layer, Sequence[int]], None] | None":
        """Ask for packets that are missing, by their 16-bit sequence numbers; `None` where that is another's job."""
        ...

    def request_keyframe(self, layer: "Layer") -> None:
        """Ask for a picture that needs no other."""
        ...

    def tell_layers_wanted(self, producer: "Producer") -> None:
        """Tell how many layers somebody wants."""
        ...
