from loadtest.bots.room_view import RoomView
from protocol.documents import DocumentsSnapshot
from protocol.events import (
    ChatTypingNotice,
    ConnectionClosing,
    MediaReset,
    MediaTransportClosed,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    QualitiesChanged,
)
from protocol.roles import RoomKind, RoomRole
from protocol.room import (
    ChatSnapshot,
    MediaSnapshot,
    MeetingInfo,
    Participant,
    ProducerInfo,
    Quality,
    RoomInfo,
    RoomSnapshot,
    Source,
    You,
)

YOU = You(participant_id="me", connection_id="c", role=RoomRole.PARTICIPANT, permitted=(), chat_read_up_to=0)


def participant(name: str, *producers: str) -> Participant:
    return Participant(
        participant_id=name,
        person_id=name,
        name=name,
        role=RoomRole.PARTICIPANT,
        joined_at=0,
        is_connected=True,
        producers=tuple(ProducerInfo(producer_id=p, source=Source.CAMERA, is_paused=False) for p in producers),
    )


SNAPSHOT = RoomSnapshot(
    seq=4,
    room=RoomInfo(room_id="r", slug="r", name="R", kind=RoomKind.ROUND_UP),
    meeting=MeetingInfo(meeting_id="m", opened_at=0),
    participants=(participant("me", "mine"), participant("other", "theirs")),
    chat=ChatSnapshot(),
    documents=DocumentsSnapshot(),
    media=MediaSnapshot(epoch=1, is_available=True),
)


class Lab:
    def __init__(self) -> None:
        self.changes = 0
        self.view = RoomView(self.count)

    def count(self) -> None:
        self.changes += 1

    def begin(self) -> RoomView:
        self.view.begin(YOU, SNAPSHOT)
        return self.view


def test_only_the_producers_of_others_are_for_us() -> None:
    assert Lab().begin().producers_of_others(list(Source)) == {"theirs"}


def test_events_keep_the_snapshot_current() -> None:
    view = Lab().begin()
    view.on_event(ParticipantJoined(seq=5, participant=participant("third")))
    view.on_event(ParticipantChanged(seq=6, participant=participant("third", "new")))
    assert view.producers_of_others(list(Source)) == {"theirs", "new"}
    view.on_event(ParticipantLeft(seq=7, participant_id="other", reason="left"))
    assert view.producers_of_others(list(Source)) == {"new"}
    view.on_event(QualitiesChanged(seq=8, qualities={"third": Quality.POOR, "other": Quality.POOR}))
    assert view.participants["third"].quality is Quality.POOR
    assert view.missed_events == 0


def test_events_that_overtake_the_snapshot_wait_for_it() -> None:
    lab = Lab()
    lab.view.on_event(ParticipantJoined(seq=4, participant=participant("known already")))
    lab.view.on_event(ParticipantJoined(seq=5, participant=participant("third", "new")))
    assert lab.changes == 0
    assert lab.begin().producers_of_others(list(Source)) == {"theirs", "new"}
    assert "known already" not in lab.view.participants


def test_gaps_are_counted_and_repeats_ignored() -> None:
    view = Lab().begin()
    view.on_event(ParticipantJoined(seq=7, participant=participant("third")))
    view.on_event(ParticipantLeft(seq=7, participant_id="third", reason="left"))
    assert view.missed_events == 2
    assert "third" in view.participants


def test_what_the_server_closes_is_remembered() -> None:
    view = Lab().begin()
    view.on_event(MediaTransportClosed(transport_id="t", reason="consent_expired"))
    view.on_event(ConnectionClosing(code="server_stopping", text="Bye.", should_reconnect=True))
    view.on_event(MediaReset(seq=5, epoch=1, is_available=True))
    view.on_event(ChatTypingNotice(participant_id="other", is_typing=True))
    assert view.closings == ["MediaTransportClosed: consent_expired", "server_stopping: Bye."]
    view.on_event(MediaReset(seq=6, epoch=2, is_available=True))
    assert view.closings[-1] == "the room's media was rebuilt"
