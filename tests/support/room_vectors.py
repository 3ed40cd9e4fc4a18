"""`python -m tests.support.room_vectors`: write the vectors that `protocol.replay` and its TypeScript twin are held to.

A case is a snapshot and steps; a step is an event and the snapshot after it. `gap` is an event that must be refused
after the last step.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

import protocol
from protocol.documents import (
    DOCUMENTS_IN_SNAPSHOT,
    DocumentHealth,
    DocumentInfo,
    DocumentKind,
    DocumentsSnapshot,
    Presenter,
)
from protocol.events import (
    ChatMessageSent,
    DocumentAdded,
    DocumentChanged,
    DocumentRemoved,
    MediaReset,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    PresenterChanged,
    QualitiesChanged,
    RoomEvent,
)
from protocol.replay import CHAT_SNAPSHOT_MESSAGES, apply_event
from protocol.roles import RoomKind, RoomRole
from protocol.room import (
    ChatMessage,
    ChatSnapshot,
    MediaSnapshot,
    MeetingInfo,
    Participant,
    ProducerInfo,
    Quality,
    RoomInfo,
    RoomSnapshot,
    Source,
)

PATH = Path(protocol.__file__).parent / "vectors" / "room_events.json"
T = TypeVar("T", Participant, DocumentInfo)

_OPENED_AT = 1_760_000_000_000


def render() -> str:
    """Return the file's text."""
    cases = [
        _case(
            "people_come_and_go", _snapshot(), _people_come_and_go(), gap=MediaReset(seq=99, epoch=3, is_available=True)
        ),
        _case("chat_window", _full_chat(), _chat(), gap=_sent(14, 103)),
        _case("documents", _snapshot(), _documents(), gap=DocumentRemoved(seq=99, document_id="document_1")),
        _case("document_window", _full_list(), _more_documents(), gap=DocumentAdded(seq=99, document=_document(900))),
    ]
    return '{"cases": [\n' + ",\n".join(cases) + "\n]}\n"


def _people_come_and_go() -> list[RoomEvent]:
    ana = _participant("ana", "Ana", RoomRole.HOST)
    ben = _participant("ben", "Ben <b>bold</b>", RoomRole.PARTICIPANT)
    microphone = ProducerInfo(producer_id="producer_1", source=Source.MICROPHONE, is_paused=False)
    muted = ProducerInfo(producer_id="producer_1", source=Source.MICROPHONE, is_paused=True)
    camera = ProducerInfo(producer_id="producer_2", source=Source.CAMERA, is_paused=False)
    return [
        ParticipantJoined(seq=8, participant=ben),
        ParticipantChanged(seq=9, participant=_with(ben, producers=(microphone, camera))),
        # Told already: a page that came back may hear it twice.
        ParticipantChanged(seq=9, participant=ben),
        ParticipantJoined(seq=3, participant=_participant("old", "Old", RoomRole.PARTICIPANT)),
        ParticipantChanged(seq=10, participant=_with(ben, producers=(muted, camera))),
        ParticipantChanged(seq=11, participant=_with(ana, is_connected=False)),
        # About somebody who is not there: only the number moves on.
        ParticipantChanged(seq=12, participant=_participant("nobody", "Nobody", RoomRole.PARTICIPANT)),
        QualitiesChanged(seq=13, qualities={"participant_ben": Quality.POOR, "participant_nobody": Quality.FAIR}),
        MediaReset(seq=14, epoch=2, is_available=False),
        ParticipantLeft(seq=15, participant_id="participant_ana", reason="lost"),
        MediaReset(seq=16, epoch=2, is_available=True),
        ParticipantLeft(seq=17, participant_id="participant_nobody", reason="left"),
        _sent(18, 1),
    ]


def _chat() -> list[RoomEvent]:
    return [_sent(8, 100), _sent(9, 101), _sent(9, 101), _sent(10, 102)]


def _documents() -> list[RoomEvent]:
    return [
        DocumentAdded(seq=8, document=_document(5)),
        DocumentAdded(seq=9, document=_document(7, DocumentKind.NOTES)),
        # Removed, and brought back to where it was.
        DocumentRemoved(seq=10, document_id="document_5"),
        DocumentAdded(seq=11, document=_document(5)),
        DocumentChanged(seq=12, document=_with(_document(5), title="Goals ✓", is_locked=True)),
        DocumentChanged(seq=13, document=_with(_document(7), health=DocumentHealth.BROKEN)),
        # About a document that is not in the list.
        DocumentChanged(seq=14, document=_document(3)),
        DocumentRemoved(seq=15, document_id="document_3"),
        PresenterChanged(seq=16, presenter=Presenter(participant_id="participant_ana", document=_document(5))),
        DocumentChanged(seq=17, document=_with(_document(5), title="Goals", epoch=2)),
        # Of the page that is presented more is known than the list says.
        PresenterChanged(seq=18, presenter=Presenter(participant_id="participant_ana", document=_document(2))),
        DocumentChanged(seq=19, document=_with(_document(2), is_locked=True)),
        DocumentChanged(seq=20, document=_with(_document(7), is_locked=True)),
        PresenterChanged(seq=21, presenter=None),
    ]


def _more_documents() -> list[RoomEvent]:
    return [
        DocumentAdded(seq=8, document=_document(200)),
        # Earlier than what is listed, while there are others that are not.
        DocumentAdded(seq=9, document=_document(1)),
        DocumentRemoved(seq=10, document_id="document_200"),
        DocumentAdded(seq=11, document=_document(1)),
        DocumentAdded(seq=12, document=_document(150)),
    ]


def _case(name: str, snapshot: RoomSnapshot, events: list[RoomEvent], *, gap: RoomEvent) -> str:
    """Return a case with a line for each step."""
    now = snapshot
    steps = []
    for event in events:
        now = apply_event(now, event)
        steps.append(f'{{"event": {_json(event)}, "snapshot": {_json(now)}}}')
    lines = ",\n".join(steps)
    return f'{{"name": {_json(name)}, "snapshot": {_json(snapshot)}, "gap": {_json(gap)}, "steps": [\n{lines}\n]}}'


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _snapshot(chat: ChatSnapshot | None = None, documents: DocumentsSnapshot | None = None) -> RoomSnapshot:
    return RoomSnapshot(
        seq=7,
        room=RoomInfo(room_id="room_1", slug="morning-round-up", name="Morning Round-up", kind=RoomKind.ROUND_UP),
        meeting=MeetingInfo(meeting_id="meeting_1", opened_at=_OPENED_AT),
        participants=(_participant("ana", "Ana", RoomRole.HOST),),
        chat=ChatSnapshot() if chat is None else chat,
        documents=DocumentsSnapshot() if documents is None else documents,
        media=MediaSnapshot(epoch=1, is_available=True),
    )


def _full_chat() -> RoomSnapshot:
    first = 101 - CHAT_SNAPSHOT_MESSAGES
    messages = tuple(_message(number) for number in range(first, 100))
    return _snapshot(ChatSnapshot(messages=messages, has_more=False))


def _full_list() -> RoomSnapshot:
    documents = tuple(_document(number) for number in range(100, 100 + DOCUMENTS_IN_SNAPSHOT))
    return _snapshot(documents=DocumentsSnapshot(documents=documents))


def _document(number: int, kind: DocumentKind = DocumentKind.BOARD) -> DocumentInfo:
    return DocumentInfo(
        document_id=f"document_{number}", kind=kind, title=f"Page {number}", created_at=_OPENED_AT + number
    )


def _sent(seq: int, number: int) -> ChatMessageSent:
    return ChatMessageSent(seq=seq, message=_message(number))


def _message(number: int) -> ChatMessage:
    text = f"message {number}\nwith <i>markup</i> that stays text ✓"
    return ChatMessage(message_id=number, person_id="person_ana", name="Ana", text=text, sent_at=_OPENED_AT + number)


def _participant(word: str, name: str, role: RoomRole) -> Participant:
    return Participant(
        participant_id=f"participant_{word}",
        person_id=f"person_{word}",
        name=name,
        role=role,
        joined_at=_OPENED_AT,
        is_connected=True,
    )


def _with(value: T, **fields: object) -> T:
    return msgspec.structs.replace(value, **fields)


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(render(), encoding="utf-8")
