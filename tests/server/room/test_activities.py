"""What participants do, put together from what media tell."""

from protocol.room import ProducerInfo, Source
from server.room.activities import Activities
from server.room.feature import Activity

MICROPHONE, CAMERA, SCREEN = Source.MICROPHONE, Source.CAMERA, Source.SCREEN


class Told:
    """Activities, and what was told of them."""

    def __init__(self) -> None:
        self.told: list[tuple[str, set[Activity]]] = []
        self.activities = Activities(lambda who, now: self.told.append((who, set(now))))

    def news(self) -> list[tuple[str, set[Activity]]]:
        told, self.told[:] = list(self.told), []
        return told


def sending(*sources: Source, is_paused: bool = False) -> tuple[ProducerInfo, ...]:
    return tuple(ProducerInfo(producer_id=source, source=source, is_paused=is_paused) for source in sources)


def test_all_that_somebody_does_is_told_when_some_of_it_changes() -> None:
    told = Told()
    told.activities.set_media_connected("ana", is_connected=True)
    told.activities.set_producers("ana", sending(MICROPHONE))
    told.activities.set_talking(["ana"])
    told.activities.set_media_connected("ana", is_connected=False)
    assert told.news() == [
        ("ana", {Activity.MEDIA}),
        ("ana", {Activity.MEDIA, Activity.MICROPHONE}),
        ("ana", {Activity.MEDIA, Activity.MICROPHONE, Activity.TALKING}),
        ("ana", {Activity.MICROPHONE, Activity.TALKING}),
    ]


def test_what_changes_nothing_is_not_told() -> None:
    told = Told()
    for _ in range(2):
        told.activities.set_media_connected("ana", is_connected=False)
        told.activities.set_producers("ana", sending(MICROPHONE, is_paused=True))
        told.activities.set_talking([])
    assert told.news() == []


def test_a_screen_is_seen_like_a_camera() -> None:
    told = Told()
    told.activities.set_producers("ana", sending(SCREEN))
    told.activities.set_producers("ana", sending(CAMERA, SCREEN))
    told.activities.set_producers("ana", sending(CAMERA))
    assert told.news() == [("ana", {Activity.CAMERA})]


def test_who_is_not_said_to_talk_does_not() -> None:
    told = Told()
    told.activities.set_talking(["ana", "ben"])
    told.activities.set_talking(["ben", "cleo"])
    told.activities.set_talking([])
    assert [(who, Activity.TALKING in now) for who, now in told.news()] == [
        ("ana", True),
        ("ben", True),
        ("ana", False),
        ("cleo", True),
        ("ben", False),
        ("cleo", False),
    ]


def test_who_has_gone_does_nothing() -> None:
    told = Told()
    told.activities.set_talking(["ana"])
    told.news()
    told.activities.forget("ana")
    told.activities.set_talking([])
    told.activities.forget("ana")
    assert told.news() == []
