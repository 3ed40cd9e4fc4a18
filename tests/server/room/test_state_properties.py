"""Snapshot + events = a fresh snapshot, whatever happens in whatever order."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from protocol.events import ChatMessageSent, MediaReset, ParticipantJoined, ParticipantLeft, RoomEvent
from protocol.replay import apply_event, apply_events
from protocol.roles import RoomRole
from protocol.room import (
    ChatMessage,
    ChatSnapshot,
    MediaSnapshot,
    MeetingInfo,
    Participant,
    ProducerInfo,
    Quality,
    RoomSnapshot,
    Source,
)
from server.room.feature import Caller
from server.room.state import Graces, MeetingState
from tests.support.clock import ManualClock
from tests.support.rooms import ROOM, counting_ids, person

GRACE_S, RELOAD_GRACE_S = 20.0, 5.0
RING_EVENTS = 12
PEOPLE = [person(word) for word in ("ana", "ben", "cleo")]


@dataclass
class OpenPage:
    """A page as the protocol asks it to be: it keeps what it was told, and asks for the rest when it comes back."""

    who: int
    endpoint_id: str
    snapshot: RoomSnapshot | None = None
    caller: Caller | None = None
    """While it is connected."""


class Meeting(RuleBasedStateMachine):
    """A meeting with pages that come, break, come back and go, while the features publish."""

    pages = Bundle("pages")

    @initialize()
    def open(self) -> None:
        self.clock = ManualClock()
        self.chat = ChatSnapshot()
        self.media = MediaSnapshot(epoch=1, is_available=True)
        self.open_pages: list[OpenPage] = []
        self.history: list[RoomEvent] = []
        self.state = MeetingState(
            ROOM,
            MeetingInfo(meeting_id="meeting_1", opened_at=0),
            self.clock,
            self.on_event,
            graces=Graces(room=60.0, reconnect=GRACE_S, reload=RELOAD_GRACE_S),
            create_id=counting_ids(),
            ring_events=RING_EVENTS,
        )
        self.first = self.fresh()

    def on_event(self, event: RoomEvent) -> None:
        self.history.append(event)
        for page in self.open_pages:
            if page.caller is not None and page.snapshot is not None:
                page.snapshot = apply_event(page.snapshot, event)

    def fresh(self) -> RoomSnapshot:
        return self.state.snapshot({"chat": self.chat, "media": self.media})

    @rule(target=pages, who=st.integers(0, len(PEOPLE) - 1))
    def open_page(self, who: int) -> OpenPage:
        page = OpenPage(who, f"endpoint_{len(self.open_pages)}")
        self.open_pages.append(page)
        self.join(page)
        return page

    @rule(page=pages)
    def join(self, page: OpenPage) -> None:
        """Join, come back, or come back before the old connection is known to be dead."""
        page.caller = None
        arrival, _ = self.state.join(PEOPLE[page.who], RoomRole.PARTICIPANT, page.endpoint_id)
        seen = page.snapshot
        missed = None
        if seen is not None and arrival.is_kept:
            missed = self.state.missed(seen.meeting.meeting_id, seen.seq)
        page.snapshot = self.fresh() if missed is None or seen is None else apply_events(seen, missed)
        page.caller = arrival.caller

    @rule(page=pages, is_page_gone=st.booleans())
    def lose(self, page: OpenPage, is_page_gone: bool) -> None:
        if page.caller is not None:
            caller, page.caller = page.caller, None
            self.state.lose(caller.connection_id, is_page_gone=is_page_gone)

    @rule(page=pages)
    def leave(self, page: OpenPage) -> None:
        if page.caller is not None:
            caller, page.caller = page.caller, None
            self.state.leave(caller.connection_id)

    @rule(seconds=st.sampled_from([1.0, RELOAD_GRACE_S, GRACE_S / 2, GRACE_S]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.state.expire()

    @rule(page=pages)
    def write(self, page: OpenPage) -> None:
        if page.caller is not None:
            number = 1 + sum(isinstance(event, ChatMessageSent) for event in self.history)
            message = ChatMessage(
                message_id=number, person_id=page.caller.person_id, name="", text=str(number), sent_at=0
            )
            kept = (*self.chat.messages, message)[-50:]
            self.chat = ChatSnapshot(messages=kept, has_more=self.chat.has_more or len(kept) < number)
            self.state.publish(ChatMessageSent(message=message))

    @rule(page=pages, sources=st.lists(st.sampled_from(Source), unique=True), is_paused=st.booleans())
    def produce(self, page: OpenPage, sources: list[Source], is_paused: bool) -> None:
        if page.caller is not None:
            producers = tuple(ProducerInfo(producer_id=str(s), source=s, is_paused=is_paused) for s in sources)
            self.state.set_producers(page.caller.participant_id, producers)

    @rule(measured=st.lists(st.tuples(pages, st.sampled_from(Quality)), max_size=3))
    def measure(self, measured: list[tuple[OpenPage, Quality]]) -> None:
        self.state.set_qualities(
            {page.caller.participant_id: quality for page, quality in measured if page.caller is not None}
        )

    @rule(is_available=st.booleans())
    def rebuild_media(self, is_available: bool) -> None:
        self.media = MediaSnapshot(epoch=self.media.epoch + 1, is_available=is_available)
        self.state.publish(MediaReset(epoch=self.media.epoch, is_available=is_available))

    @invariant()
    def every_connected_page_has_a_fresh_snapshot(self) -> None:
        for page in self.open_pages:
            if page.caller is not None:
                assert page.snapshot == self.fresh()

    @invariant()
    def all_events_from_the_first_snapshot_on_give_a_fresh_one(self) -> None:
        assert apply_events(self.first, self.history) == self.fresh()

    @invariant()
    def events_are_numbered_without_gaps(self) -> None:
        assert [event.seq for event in self.history] == list(range(1, self.state.seq + 1))

    @invariant()
    def a_person_counts_once(self) -> None:
        inside = [participant.person_id for participant in self.state.participants]
        assert len(inside) == len(set(inside))

    @invariant()
    def who_joined_and_has_not_left_is_inside(self) -> None:
        inside: dict[str, Participant] = {}
        for event in self.history:
            if isinstance(event, ParticipantJoined):
                inside[event.participant.participant_id] = event.participant
            elif isinstance(event, ParticipantLeft):
                del inside[event.participant_id]
        assert [participant.participant_id for participant in self.state.participants] == list(inside)

    @invariant()
    def a_participant_is_connected_while_a_page_of_theirs_is(self) -> None:
        connected = {page.caller.participant_id for page in self.open_pages if page.caller is not None}
        for participant in self.state.participants:
            assert participant.is_connected == (participant.participant_id in connected)

    @invariant()
    def nothing_is_overdue_after_expiry(self) -> None:
        deadline = self.state.next_deadline
        assert deadline is None or deadline > self.clock.monotonic() - GRACE_S


TestMeeting = Meeting.TestCase
TestMeeting.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
