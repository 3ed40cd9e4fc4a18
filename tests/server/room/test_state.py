"""Who is in a meeting: joins, leaves, lost connections and time."""

import pytest

from protocol.errors import ErrorCode
from protocol.events import ParticipantChanged, ParticipantJoined, ParticipantLeft, QualitiesChanged, RoomEvent
from protocol.roles import RoomRole
from protocol.room import ChatSnapshot, MediaSnapshot, MeetingInfo, ProducerInfo, Quality, Source
from server.errors import UserError
from server.room.feature import Caller
from server.room.state import (
    MAX_ENDPOINTS,
    Change,
    ConnectionLeft,
    EndpointLeft,
    Graces,
    MeetingState,
    ParticipantGone,
)
from tests.support.clock import ManualClock
from tests.support.rooms import ROOM, counting_ids, person

GRACE_S, RELOAD_GRACE_S = 20.0, 5.0
ANA, BEN = person("ana"), person("ben")


class Core:
    """A meeting's state with what it has published."""

    def __init__(self, *, ring_events: int = 1_024) -> None:
        self.clock = ManualClock()
        self.events: list[RoomEvent] = []
        self.state = MeetingState(
            ROOM,
            MeetingInfo(meeting_id="meeting_1", opened_at=self.clock.now_ms()),
            self.clock,
            self.events.append,
            graces=Graces(room=60.0, reconnect=GRACE_S, reload=RELOAD_GRACE_S),
            create_id=counting_ids(),
            ring_events=ring_events,
        )

    def join(self, who: str, endpoint_id: str, role: RoomRole = RoomRole.PARTICIPANT) -> Caller:
        return self.state.join(person(who), role, endpoint_id)[0].caller

    def news(self) -> list[RoomEvent]:
        """Return what was published since the last time."""
        events, self.events[:] = list(self.events), []
        return events


@pytest.fixture
def core() -> Core:
    return Core()


def test_the_first_connection_brings_a_participant(core: Core) -> None:
    caller = core.join("ana", "tab")
    [event] = core.news()
    assert isinstance(event, ParticipantJoined)
    assert event.participant == core.state.participant(caller.participant_id)
    assert (event.participant.name, event.participant.is_connected, event.seq) == ("Ana", True, 1)


def test_several_tabs_of_a_person_are_one_participant(core: Core) -> None:
    first, second = core.join("ana", "tab 1"), core.join("ana", "tab 2")
    assert first.participant_id == second.participant_id
    assert first.connection_id != second.connection_id
    assert len(core.state.participants) == 1
    assert len(core.news()) == 1


def test_leaving_with_one_tab_leaves_the_other(core: Core) -> None:
    first, second = core.join("ana", "tab 1"), core.join("ana", "tab 2")
    core.news()
    assert core.state.leave(first.connection_id) == [
        ConnectionLeft(first, "left", core.clock.now_ms()),
        EndpointLeft(first),
    ]
    assert core.news() == []
    assert core.state.leave(second.connection_id) == [
        ConnectionLeft(second, "left", core.clock.now_ms()),
        EndpointLeft(second),
        ParticipantGone(second.participant_id, "left"),
    ]
    assert core.news() == [ParticipantLeft(seq=2, participant_id=second.participant_id, reason="left")]


def test_a_lost_participant_is_shown_and_comes_back(core: Core) -> None:
    before = core.join("ana", "tab")
    assert core.state.lose(before.connection_id) == [ConnectionLeft(before, "lost", core.clock.now_ms())]
    core.clock.advance(seconds=GRACE_S - 0.1)
    assert core.state.expire() == []
    arrival, gone_before = core.state.join(ANA, RoomRole.PARTICIPANT, "tab")
    assert (arrival.is_kept, gone_before) == (True, [])
    assert arrival.caller.participant_id == before.participant_id
    core.clock.advance(seconds=GRACE_S * 2)
    assert core.state.expire() == []
    changes = [event for event in core.news() if isinstance(event, ParticipantChanged)]
    assert [event.participant.is_connected for event in changes] == [False, True]


def test_a_lost_participant_goes_after_the_grace(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.state.lose(caller.connection_id)
    core.news()
    assert core.state.next_deadline == core.clock.monotonic() + GRACE_S
    core.clock.advance(seconds=GRACE_S)
    assert core.state.expire() == [EndpointLeft(caller), ParticipantGone(caller.participant_id, "lost")]
    assert core.news() == [ParticipantLeft(seq=3, participant_id=caller.participant_id, reason="lost")]
    assert core.state.participants == ()
    assert core.state.next_deadline is None


def test_whoever_closed_the_page_goes_after_the_shorter_grace(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.news()
    gone_at = core.clock.now_ms()
    assert core.state.lose(caller.connection_id, is_page_gone=True) == [ConnectionLeft(caller, "left", gone_at)]
    assert core.state.next_deadline == core.clock.monotonic() + RELOAD_GRACE_S
    core.clock.advance(seconds=RELOAD_GRACE_S)
    assert core.state.expire() == [EndpointLeft(caller), ParticipantGone(caller.participant_id, "left")]
    changed, left = core.news()
    assert isinstance(changed, ParticipantChanged)
    assert left == ParticipantLeft(seq=3, participant_id=caller.participant_id, reason="left")


def test_whoever_loads_the_page_anew_stays_the_same_participant(core: Core) -> None:
    before = core.join("ana", "tab")
    core.state.lose(before.connection_id, is_page_gone=True)
    core.clock.advance(seconds=RELOAD_GRACE_S - 0.1)
    after = core.join("ana", "tab loaded anew")
    assert after.participant_id == before.participant_id
    core.clock.advance(seconds=0.1)
    assert core.state.expire() == [EndpointLeft(before)]
    _, *news = core.news()
    assert [event.participant.is_connected for event in news if isinstance(event, ParticipantChanged)] == [False, True]
    assert len(news) == 2  # nobody heard that somebody left or joined


def test_a_tab_that_lost_its_line_outlasts_one_that_was_closed(core: Core) -> None:
    lost, closed = core.join("ana", "tab 1"), core.join("ana", "tab 2")
    core.state.lose(lost.connection_id)
    core.state.lose(closed.connection_id, is_page_gone=True)
    core.clock.advance(seconds=RELOAD_GRACE_S)
    assert core.state.expire() == [EndpointLeft(closed)]
    core.clock.advance(seconds=GRACE_S - RELOAD_GRACE_S)
    assert core.state.expire() == [EndpointLeft(lost), ParticipantGone(lost.participant_id, "lost")]


def test_whoever_is_removed_is_gone_at_once(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.news()
    assert core.state.leave(caller.connection_id, "removed") == [
        ConnectionLeft(caller, "removed", core.clock.now_ms()),
        EndpointLeft(caller),
        ParticipantGone(caller.participant_id, "removed"),
    ]
    assert core.news() == [ParticipantLeft(seq=2, participant_id=caller.participant_id, reason="removed")]


def test_whoever_comes_back_too_late_is_a_new_participant(core: Core) -> None:
    before = core.join("ana", "tab")
    core.state.lose(before.connection_id)
    core.clock.advance(seconds=GRACE_S)
    core.state.expire()
    arrival, _ = core.state.join(ANA, RoomRole.PARTICIPANT, "tab")
    assert not arrival.is_kept
    assert arrival.caller.participant_id != before.participant_id


def test_a_participant_with_one_tab_lost_is_still_connected(core: Core) -> None:
    first = core.join("ana", "tab 1")
    core.join("ana", "tab 2")
    core.news()
    core.state.lose(first.connection_id)
    core.clock.advance(seconds=GRACE_S)
    assert core.state.expire() == [EndpointLeft(first)]
    assert core.news() == []


def test_leaving_with_the_connected_tab_shows_the_lost_one(core: Core) -> None:
    first, second = core.join("ana", "tab 1"), core.join("ana", "tab 2")
    core.state.lose(first.connection_id)
    core.news()
    core.state.leave(second.connection_id)
    [event] = core.news()
    assert isinstance(event, ParticipantChanged)
    assert not event.participant.is_connected


def test_a_new_connection_of_an_endpoint_takes_over_from_one_not_known_to_be_dead(core: Core) -> None:
    before = core.join("ana", "tab")
    core.news()
    arrival, gone_before = core.state.join(ANA, RoomRole.PARTICIPANT, "tab")
    assert gone_before == [ConnectionLeft(before, "lost", core.clock.now_ms())]
    assert arrival.is_kept
    assert core.news() == []  # nobody saw them go
    assert not core.state.is_inside(before.connection_id)
    assert core.state.lose(before.connection_id) == []
    assert core.state.is_inside(arrival.caller.connection_id)


def test_an_endpoint_of_somebody_else_cannot_be_taken(core: Core) -> None:
    core.join("ana", "tab")
    core.news()
    with pytest.raises(UserError) as error:
        core.state.join(BEN, RoomRole.HOST, "tab")
    assert error.value.code is ErrorCode.BAD_REQUEST
    assert core.news() == []
    assert len(core.state.participants) == 1


def test_a_participant_has_a_limited_number_of_endpoints(core: Core) -> None:
    callers = [core.join("ana", f"tab {number}") for number in range(MAX_ENDPOINTS)]
    with pytest.raises(UserError) as error:
        core.join("ana", "one more")
    assert error.value.code is ErrorCode.TOO_MANY
    for caller in callers[3:5]:
        core.clock.advance(seconds=1)
        core.state.lose(caller.connection_id)
    _, gone_before = core.state.join(ANA, RoomRole.PARTICIPANT, "one more")
    assert gone_before == [EndpointLeft(callers[3])]  # lost longest


def test_a_new_role_or_name_counts_from_the_next_join(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.news()
    core.join("ana", "tab 2", RoomRole.HOST)
    [event] = core.news()
    assert isinstance(event, ParticipantChanged)
    assert event.participant.role is RoomRole.HOST
    assert core.state.participant(caller.participant_id) == event.participant


def test_producers_are_published_when_they_differ(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.news()
    microphone = (ProducerInfo(producer_id="p", source=Source.MICROPHONE, is_paused=False),)
    core.state.set_producers(caller.participant_id, microphone)
    core.state.set_producers(caller.participant_id, microphone)
    core.state.set_producers("nobody", microphone)
    [event] = core.news()
    assert isinstance(event, ParticipantChanged)
    assert event.participant.producers == microphone


def test_the_quality_of_a_connection_is_published_when_it_differs(core: Core) -> None:
    caller = core.join("ana", "tab")
    core.news()
    ben = core.join("ben", "phone").participant_id
    core.news()
    core.state.set_qualities({caller.participant_id: Quality.GOOD, ben: Quality.GOOD})
    core.state.set_qualities({caller.participant_id: Quality.POOR, ben: Quality.GOOD, "nobody": Quality.POOR})
    core.state.set_qualities({caller.participant_id: Quality.POOR})
    [event] = core.news()
    assert isinstance(event, QualitiesChanged)
    assert event.qualities == {caller.participant_id: Quality.POOR}
    assert [participant.quality for participant in core.state.participants] == [Quality.POOR, Quality.GOOD]


def test_a_snapshot_holds_what_features_give_and_defaults_for_the_rest(core: Core) -> None:
    core.join("ana", "tab")
    media = MediaSnapshot(epoch=3, is_available=True)
    snapshot = core.state.snapshot({"media": media})
    assert (snapshot.media, snapshot.chat, snapshot.seq) == (media, ChatSnapshot(), 1)
    assert core.state.snapshot({}).media == MediaSnapshot(epoch=0, is_available=False)


def test_missed_events_need_the_same_meeting_and_a_known_number() -> None:
    core = Core(ring_events=2)
    for word in ("ana", "ben", "cleo"):
        core.join(word, word)
    third = core.events[-1:]
    assert core.state.missed("meeting_1", 2) == tuple(third)
    assert core.state.missed("meeting_1", 3) == ()
    assert core.state.missed("meeting_1", 0) is None
    assert core.state.missed("meeting_1", 4) is None
    assert core.state.missed("meeting_0", 3) is None
    assert core.state.missed("meeting_1", None) is None


def test_the_meeting_knows_since_when_nobody_is_inside(core: Core) -> None:
    assert core.state.empty_since == core.clock.monotonic()
    caller = core.join("ana", "tab")
    assert core.state.empty_since is None
    core.state.lose(caller.connection_id)
    assert core.state.empty_since is None
    core.clock.advance(seconds=5)
    core.join("ana", "tab")
    core.clock.advance(seconds=5)
    core.state.end()
    assert core.state.empty_since == core.clock.monotonic()


def test_the_end_lets_everybody_go(core: Core) -> None:
    ana, ben = core.join("ana", "tab"), core.join("ben", "tab of ben")
    core.state.lose(ben.connection_id)
    changes: list[Change] = core.state.end()
    assert changes == [
        ConnectionLeft(ana, "ended", core.clock.now_ms()),
        EndpointLeft(ana),
        ParticipantGone(ana.participant_id, "ended"),
        EndpointLeft(ben),
        ParticipantGone(ben.participant_id, "ended"),
    ]
    assert core.state.end() == []


def test_an_unknown_connection_changes_nothing(core: Core) -> None:
    assert core.state.lose("nobody") == []
    assert core.state.leave("nobody") == []
    assert core.news() == []


def test_who_was_not_heard_for_a_while_is_gone_since_then(core: Core) -> None:
    start = core.clock.now_ms()
    lost, gone = core.join("ana", "a"), core.join("ben", "b")
    core.clock.advance(seconds=60)
    assert core.state.lose(lost.connection_id, silent_s=15.0) == [ConnectionLeft(lost, "lost", start + 45_000)]
    [left, *_] = core.state.leave(gone.connection_id, silent_s=2.5)
    assert left == ConnectionLeft(gone, "left", start + 57_500)


def test_nobody_has_gone_before_they_came(core: Core) -> None:
    core.clock.advance(seconds=60)
    ana = core.join("ana", "a")
    joined_at = core.clock.now_ms()
    core.clock.advance(seconds=3)
    assert core.state.last_heard(lambda _connection_id: 100.0) == {ana.connection_id: joined_at}
    assert core.state.lose(ana.connection_id, silent_s=100.0) == [ConnectionLeft(ana, "lost", joined_at)]
    assert core.state.last_heard(lambda _connection_id: 0.0) == {}


def test_whose_place_is_taken_is_gone_since_they_were_heard(core: Core) -> None:
    start = core.clock.now_ms()
    before = core.join("ana", "tab")
    core.clock.advance(seconds=30)
    _, [left] = core.state.join(ANA, RoomRole.PARTICIPANT, "tab", {before.connection_id: 12.0}.__getitem__)
    assert left == ConnectionLeft(before, "lost", start + 18_000)


def test_at_the_end_everybody_is_gone_since_they_were_heard(core: Core) -> None:
    start = core.clock.now_ms()
    silent = {core.join("ana", "a").connection_id: 4.0, core.join("ben", "b").connection_id: 0.0}
    core.clock.advance(seconds=30)
    ends = [change.at for change in core.state.end(silent.__getitem__) if isinstance(change, ConnectionLeft)]
    assert ends == [start + 26_000, start + 30_000]
