"""What the participants of a meeting do, put together from what media tell."""

from collections.abc import Callable, Collection, Sequence

from protocol.room import ProducerInfo, Source
from server.room.feature import Activity

_NOTHING: frozenset[Activity] = frozenset()
_OF_SOURCE = {
    Source.MICROPHONE: Activity.MICROPHONE,
    Source.CAMERA: Activity.CAMERA,
    Source.SCREEN: Activity.CAMERA,
}


class Activities:
    """Knows of every participant what they do now; `on_changed` is told all of it whenever some of it changes."""

    def __init__(self, on_changed: Callable[[str, frozenset[Activity]], None]) -> None:
        self._on_changed = on_changed
        self._now: dict[str, frozenset[Activity]] = {}
        """By participant, of those who do anything."""

    def set_media_connected(self, participant_id: str, *, is_connected: bool) -> None:
        """Take note whether sound and pictures can come and go."""
        self._set(participant_id, {Activity.MEDIA}, {Activity.MEDIA} if is_connected else _NOTHING)

    def set_producers(self, participant_id: str, producers: Sequence[ProducerInfo]) -> None:
        """Take note of what a participant sends."""
        on = {_OF_SOURCE[producer.source] for producer in producers if not producer.is_paused}
        self._set(participant_id, {Activity.MICROPHONE, Activity.CAMERA}, on)

    def set_talking(self, participant_ids: Collection[str]) -> None:
        """Take note of who talks, and that nobody else does."""
        silent = [who for who, now in self._now.items() if Activity.TALKING in now and who not in participant_ids]
        for participant_id in silent:
            self._set(participant_id, {Activity.TALKING}, _NOTHING)
        for participant_id in participant_ids:
            self._set(participant_id, {Activity.TALKING}, {Activity.TALKING})

    def forget(self, participant_id: str) -> None:
        """Forget somebody who has gone."""
        self._now.pop(participant_id, None)

    def _set(self, participant_id: str, which: Collection[Activity], on: Collection[Activity]) -> None:
        before = self._now.get(participant_id, _NOTHING)
        now = before.difference(which).union(on)
        if now == before:
            return
        if now:
            self._now[participant_id] = now
        else:
            del self._now[participant_id]
        self._on_changed(participant_id, now)
