from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.speakers import DOMINANT_AFTER_S, HOLD_S, NO_LEVEL, PAUSE_S, UPDATE_INTERVAL_S, Speakers

VOICE = 0x80 | 30
LOUD = 0x80 | 12
QUIET = 0x80 | 75
SILENCE = 127
PACKET_S = 0.02


class Room:
    """Speakers in a room whose clock goes on packet by packet."""

    def __init__(self, *names: str) -> None:
        self.speakers = Speakers()
        self.names = names
        self.now = 100.0
        self.packets = 0
        for name in names:
            self.speakers.add(name)

    def pass_time(self, seconds: float, **levels: int) -> None:
        """Let everybody send packets of these levels, or of silence."""
        for _ in range(round(seconds / PACKET_S)):
            self.now += PACKET_S
            self.packets += 1
            for name in self.names:
                self.speakers.put(name, levels.get(name, SILENCE), self.now)
            if self.packets % round(UPDATE_INTERVAL_S / PACKET_S) == 0:
                self.speakers.update(self.now)


def test_the_second_packet_of_voice_makes_somebody_talk() -> None:
    speakers = Speakers()
    speakers.add("a")
    speakers.add("b")
    assert not speakers.put("b", VOICE, 1.0)
    assert speakers.active(1) == ("a",)
    assert speakers.put("b", VOICE, 1.02)
    assert speakers.active(1) == ("b",)
    assert not speakers.put("b", VOICE, 1.04)


def test_a_click_is_no_voice() -> None:
    room = Room("a", "b")
    for _ in range(10):
        room.pass_time(PACKET_S, b=LOUD)
        room.pass_time(PACKET_S)
    assert room.speakers.talking == ()


def test_two_packets_with_silence_that_was_not_sent_between_them_are_no_voice() -> None:
    speakers = Speakers()
    speakers.add("a")
    assert not any(speakers.put("a", VOICE, 1 + 0.4 * number) for number in range(10))


def test_whoever_talked_last_comes_before_whoever_talked_earlier_or_never() -> None:
    room = Room("never", "first", "last", "now")
    room.pass_time(1, first=VOICE)
    room.pass_time(1, last=VOICE)
    room.pass_time(HOLD_S + UPDATE_INTERVAL_S)
    room.pass_time(0.2, now=VOICE)
    assert room.speakers.talking == ("now",)
    assert room.speakers.active(4) == ("now", "last", "first", "never")
    assert room.speakers.active(9) == room.speakers.active(4)


def test_packets_that_stop_coming_are_silence() -> None:
    room = Room("a")
    room.pass_time(1, a=VOICE)
    room.speakers.update(room.now + HOLD_S - 0.01)
    assert room.speakers.talking == ("a",)
    room.speakers.update(room.now + HOLD_S + 0.01)
    assert not room.speakers.talking


def test_a_cough_puts_nobody_out_who_is_talking() -> None:
    room = Room("a", "b", "cough")
    room.pass_time(3, a=VOICE, b=VOICE)
    room.pass_time(0.3, a=VOICE, b=VOICE, cough=LOUD)
    assert set(room.speakers.active(2)) == {"a", "b"}
    room.pass_time(HOLD_S)
    assert set(room.speakers.active(2)) == {"a", "b"}


def test_a_cough_in_a_pause_takes_the_stage_from_nobody() -> None:
    room = Room("teacher", "cough")
    room.pass_time(5, teacher=VOICE)
    room.pass_time(2)
    room.pass_time(0.3, cough=LOUD)
    assert room.speakers.dominant == "teacher"
    room.pass_time(HOLD_S, teacher=VOICE)
    assert room.speakers.active(1) == ("teacher",)
    assert room.speakers.dominant == "teacher"


def test_an_answer_takes_the_stage() -> None:
    room = Room("question", "answer")
    room.pass_time(3, question=VOICE)
    room.pass_time(1.5, answer=VOICE)
    room.pass_time(1.5, answer=VOICE)
    assert room.speakers.dominant == "answer"
    room.pass_time(20)
    assert room.speakers.dominant == "answer"


def test_nobody_is_dominant_before_having_talked_for_a_moment() -> None:
    room = Room("a")
    room.pass_time(DOMINANT_AFTER_S - 0.1, a=VOICE)
    assert room.speakers.dominant is None
    room.pass_time(0.3, a=VOICE)
    assert room.speakers.dominant == "a"


def test_a_noisy_room_is_no_voice_for_long_and_a_voice_in_it_is() -> None:
    room = Room("noisy")
    noise = 0x80 | 45
    room.pass_time(10, noisy=noise)
    assert not room.speakers.talking
    room.pass_time(0.1, noisy=VOICE)
    assert room.speakers.talking == ("noisy",)


def test_speech_with_pauses_stays_voice_for_ever() -> None:
    room = Room("a")
    for _ in range(60):
        room.pass_time(0.7, a=0x80 | 45)
        assert room.speakers.talking == ("a",)
        room.pass_time(0.3, a=QUIET)


def test_without_the_voice_flag_it_has_to_be_louder() -> None:
    for level, talks in [(0x80 | 52, True), (52, False), (46, True)]:
        room = Room("a")
        room.pass_time(0.1, a=level)
        assert bool(room.speakers.talking) == talks


def test_a_publisher_without_levels_is_heard_while_it_sends() -> None:
    room = Room("a", "b")
    for _ in range(60):
        room.pass_time(1, b=NO_LEVEL)
    assert room.speakers.talking == ("b",)


def test_who_goes_on_after_a_pause_may_be_heard_at_once() -> None:
    room = Room("a", "b", "c")
    room.pass_time(1, a=VOICE, b=VOICE, c=VOICE)
    room.pass_time(PAUSE_S + PACKET_S)
    assert room.speakers.talking == ("a", "b", "c")
    assert room.speakers.put("c", VOICE, room.now + PACKET_S)
    assert room.speakers.heard(1) == ("c",)
    assert not room.speakers.put("c", VOICE, room.now + 2 * PACKET_S)


def test_who_left_is_forgotten() -> None:
    room = Room("a", "b")
    room.pass_time(2, a=VOICE)
    room.speakers.remove("a")
    room.speakers.remove("a")
    assert room.speakers.dominant is None
    assert not room.speakers.put("a", VOICE, room.now)
    room.pass_time(1, a=VOICE)
    assert room.speakers.active(5) == ("b",)
    room.speakers.remove("b")
    assert room.speakers.active(5) == ()


names = st.sampled_from("abcdefg")
events = st.lists(
    st.tuples(names, st.sampled_from(["add", "remove", "put", "put", "put", "update"]), st.integers(0, 255)),
    max_size=200,
)


@given(events, st.lists(st.floats(0, 0.5), min_size=200, max_size=200))
def test_everybody_is_in_the_order_once_and_who_talks_comes_first(
    steps: list[tuple[str, str, int]], gaps: list[float]
) -> None:
    speakers, present, now = Speakers(), set[str](), 0.0
    for (name, what, level), gap in zip(steps, gaps, strict=False):
        now += gap
        if what == "add":
            speakers.add(name)
            present.add(name)
        elif what == "remove":
            speakers.remove(name)
            present.discard(name)
        elif what == "update":
            speakers.update(now)
        elif speakers.put(name, level, now):
            assert name in speakers.talking
        order = speakers.active(10)
        assert sorted(order) == sorted(present)
        assert order[: len(speakers.talking)] == speakers.talking
        assert speakers.active(3) == order[:3]
        assert speakers.dominant is None or speakers.dominant in present


@given(st.floats(1.0, 5.0), st.floats(0.0, 0.5), st.floats(0.04, 0.3), st.integers(15, 45), st.integers(0, 45))
def test_no_cough_overtakes_a_talker(talked_s: float, pause_s: float, cough_s: float, level: int, cough: int) -> None:
    room = Room("talker", "cough")
    room.pass_time(talked_s, talker=0x80 | level)
    room.pass_time(pause_s)
    room.pass_time(cough_s, cough=0x80 | max(cough, 12))
    assert room.speakers.active(1) == ("talker",)


def test_whoever_begins_is_heard_when_somebody_else_pauses() -> None:
    room = Room("long", "short", "new")
    room.pass_time(3, long=VOICE)
    room.pass_time(0.5, long=VOICE, short=VOICE)
    room.pass_time(PAUSE_S + 2 * PACKET_S, long=VOICE)
    room.pass_time(2 * PACKET_S, long=VOICE, new=VOICE)
    assert room.speakers.talking == ("long", "short", "new")
    assert room.speakers.heard(2) == ("long", "new")
    assert room.speakers.heard(3) == room.speakers.active(3)
    room.pass_time(UPDATE_INTERVAL_S, long=VOICE, new=VOICE, short=VOICE)
    assert room.speakers.heard(2) == ("long", "short")
