"""What happened in a meeting, in order of time. Pure."""

from collections.abc import Iterable, Sequence

from protocol.record import Begun, Came, Moment, RecordedPerson, Said, Stay, TimelineEntry, Went
from protocol.room import ChatMessage
from server.record.visits import Visit
from server.store.meetings import Beginning

_ORDER: dict[type[TimelineEntry], int] = {Came: 0, Begun: 1, Said: 2, Moment: 3, Went: 4}
"""Of what happened in the same millisecond."""


def people_of(visits: Iterable[Visit]) -> tuple[RecordedPerson, ...]:
    """Return who was there, in order of coming. A person's visits must be apart."""
    stays: dict[tuple[str, str], list[Stay]] = {}
    for visit in visits:
        stay = Stay(came_at=visit.came_at, went_at=visit.went_at)
        stays.setdefault((visit.person_id, visit.name), []).append(stay)
    return tuple(
        RecordedPerson(person_id=person_id, name=name, stays=tuple(own)) for (person_id, name), own in stays.items()
    )


def first_of(messages: Iterable[ChatMessage], characters: int) -> tuple[list[ChatMessage], bool]:
    """Return the first messages that have at most so many characters together, and whether there were more."""
    first: list[ChatMessage] = []
    for message in messages:
        characters -= len(message.text)
        if characters < 0:
            return first, True
        first.append(message)
    return first, False


def timeline_of(
    visits: Iterable[Visit],
    messages: Iterable[ChatMessage],
    beginnings: Iterable[Beginning],
    moments: Iterable[Moment],
    limit: int,
) -> tuple[tuple[TimelineEntry, ...], bool]:
    """Return the first `limit` things that happened, oldest first, and whether there were more."""
    entries: list[TimelineEntry] = [
        *_comings_and_goings(visits),
        *(
            Said(at=one.sent_at, message_id=one.message_id, person_id=one.person_id, name=one.name, text=one.text)
            for one in messages
        ),
        *(
            Begun(
                at=one.created_at,
                document_id=one.document_id,
                kind=one.kind,
                title=one.title,
                person_id=one.person_id,
                name=one.name,
            )
            for one in beginnings
        ),
        *moments,
    ]
    entries.sort(key=lambda entry: (entry.at, _ORDER[type(entry)]))
    return tuple(entries[:limit]), len(entries) > limit


def moments_within(moments: Iterable[Moment], since: int, until: int) -> Sequence[Moment]:
    """Leave out what is called a moment of the meeting and is not: pages write them, and may write anything."""
    return [moment for moment in moments if since <= moment.at <= until]


def _comings_and_goings(visits: Iterable[Visit]) -> Iterable[Came | Went]:
    known: set[str] = set()
    for visit in visits:
        is_back = visit.person_id in known
        known.add(visit.person_id)
        yield Came(at=visit.came_at, person_id=visit.person_id, name=visit.name, is_back=is_back)
        if visit.went_at is not None:
            yield Went(at=visit.went_at, person_id=visit.person_id, name=visit.name)
