from datetime import UTC, datetime

from server.documents.notes.moments import MAX_MOMENTS, NotedMoment, moments_of
from server.documents.notes.reader import read_notes
from server.documents.notes.tree import (
    Blockquote,
    BulletList,
    Heading,
    Inline,
    ListItem,
    Notes,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
    Timestamp,
)
from tests.server.documents.notes.documents import fixture

OPENED_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
OPENED_MS = 1_795_338_000_000


def stamp(seconds: int, meeting_id: str = "meeting_1") -> Timestamp:
    return Timestamp(meeting_id, OPENED_AT.replace(minute=seconds // 60, second=seconds % 60), OPENED_AT)


def line(*inlines: Inline) -> Paragraph:
    return Paragraph(inlines)


def test_a_moment_is_told_with_its_line_wherever_it_stands() -> None:
    notes = Notes(
        (
            Heading(2, (Text("Goals "), stamp(1))),
            Blockquote((line(stamp(2), Text(" said \n Ana")),)),
            BulletList((ListItem((line(Text("one "), stamp(3)), BulletList((ListItem((line(stamp(4)),)),)))),)),
            TaskList((TaskItem((line(stamp(5), Text(" call")),)),)),
            line(stamp(6, "meeting_2")),
        )
    )
    assert [((one.at - OPENED_MS) // 1000, one.text) for one in moments_of(notes, "meeting_1")] == [
        (1, "Goals"),
        (2, "said Ana"),
        (3, "one"),
        (4, ""),
        (5, "call"),
    ]


def test_notes_as_the_editor_writes_them_tell_their_moment() -> None:
    [one] = moments_of(read_notes(fixture("lesson.yjs")), "m1")
    assert one.at == int(datetime(2026, 11, 22, 15, 12, 34, tzinfo=UTC).timestamp() * 1000)


def test_long_lines_and_many_moments_are_cut() -> None:
    [cut] = moments_of(Notes((line(stamp(1), Text("word " * 100)),)), "meeting_1")
    assert len(cut.text) <= 160
    assert cut.text.endswith("…")
    many = Notes(tuple(line(stamp(1), Text(str(number))) for number in range(MAX_MOMENTS + 5)))
    assert len(moments_of(many, "meeting_1")) == MAX_MOMENTS
    twice = Notes((line(stamp(1)), line(stamp(1))))
    assert moments_of(twice, "meeting_1") == [NotedMoment(OPENED_MS + 1000, "")]
