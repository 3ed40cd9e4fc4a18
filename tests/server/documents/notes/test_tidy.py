from datetime import date

from hypothesis import HealthCheck, given, settings

from server.documents.notes.tidy import tidied
from server.documents.notes.tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    HorizontalRule,
    ListItem,
    Notes,
    OrderedList,
    Paragraph,
    TaskItem,
    TaskList,
    Text,
)
from tests.server.documents.notes.trees import NOTES

EMPTY = Paragraph(())
BLANK = Paragraph((Text("  "),))


def said(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def heading(level: int, text: str = "Goal") -> Heading:
    return Heading(level, (Text(text),))


def tidy(*blocks: Block) -> tuple[Block, ...]:
    return tidied(Notes(blocks)).content


def test_points_and_boxes_that_nobody_filled_in_are_left_out() -> None:
    points = BulletList((ListItem((EMPTY,)), ListItem((said("Pizza"),)), ListItem((BLANK,))))
    steps = OrderedList(3, (ListItem((said("cut"),)), ListItem(()), ListItem((said("share"),))))
    boxes = TaskList((TaskItem((EMPTY,)), TaskItem((said("Call"),))))
    assert tidy(points, steps, boxes) == (
        BulletList((ListItem((said("Pizza"),)),)),
        OrderedList(3, (ListItem((said("cut"),)), ListItem((said("share"),)))),
        TaskList((TaskItem((said("Call"),)),)),
    )
    assert tidy(BulletList((ListItem((BulletList((ListItem((EMPTY,)),)),)),)), Blockquote((EMPTY,))) == ()


def test_a_box_of_somebody_or_of_a_day_stays() -> None:
    boxes = TaskList((TaskItem((EMPTY,), owner_name="Ana"), TaskItem((EMPTY,), due=date(2026, 11, 30))))
    assert tidy(boxes) == (boxes,)


def test_headings_begin_below_the_title_and_follow_each_other() -> None:
    assert tidy(heading(2), EMPTY, heading(3), heading(2)) == (heading(1), EMPTY, heading(2), heading(1))
    assert tidy(heading(1), Blockquote((heading(3),))) == (heading(1), Blockquote((heading(2),)))
    assert tidy(heading(1, " "), heading(2), HorizontalRule()) == (heading(1, " "), heading(1), HorizontalRule())
    deep = TaskItem((OrderedList(1, (ListItem((heading(3),)),)),))
    assert tidy(heading(3), TaskList((deep,)))[1] == TaskList(
        (TaskItem((OrderedList(1, (ListItem((heading(1),)),)),)),)
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(NOTES)
def test_tidying_twice_is_tidying_once(notes: Notes) -> None:
    assert tidied(tidied(notes)) == tidied(notes)
