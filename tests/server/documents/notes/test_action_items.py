from datetime import date
from typing import Any

from pycrdt import Doc

from server.documents.notes.action_items import ActionItem, action_items, set_done
from server.documents.notes.reader import read_notes
from tests.server.documents.notes.documents import Child, document, element, fixture, paragraph


def items_of(doc: Doc[Any]) -> tuple[ActionItem, ...]:
    return action_items(read_notes(doc))


def task(item_id: str, *children: Child, **attributes: object) -> Child:
    return element("taskItem", *children, itemId=item_id, **attributes)


def test_items_come_in_order_with_owner_and_day() -> None:
    assert items_of(fixture("lesson.yjs")) == (
        ActionItem("i1", "Bring the worksheet, @Ana", "p2", "Ana Pérez", date(2026, 11, 30), is_done=False),
        ActionItem("i2", "print it", "", "", None, is_done=True),
    )


def test_items_are_found_wherever_tasks_may_be() -> None:
    doc = document(
        element("blockquote", element("taskList", task("a", paragraph("one")))),
        element("orderedList", element("listItem", paragraph("x"), element("taskList", task("b", paragraph("two"))))),
        element("bulletList", element("listItem", element("taskList", task("c", paragraph("three"))))),
    )
    assert [item.item_id for item in items_of(doc)] == ["a", "b", "c"]


def test_what_has_no_id_or_no_text_is_no_item_yet() -> None:
    doc = document(element("taskList", task("", paragraph("x")), task("a", paragraph("  ")), task("b", paragraph("y"))))
    assert [item.item_id for item in items_of(doc)] == ["b"]


def test_of_several_with_one_id_the_first_is_listed_and_ticked() -> None:
    doc = document(element("taskList", task("a", paragraph("first")), task("a", paragraph("copy"), checked=True)))
    assert [(item.text, item.is_done) for item in items_of(doc)] == [("first", False)]
    assert set_done(doc, "a", is_done=True)
    assert [(item.text, item.is_done) for item in items_of(doc)] == [("first", True)]


def test_a_task_that_is_read_as_text_is_not_ticked_instead() -> None:
    doc = document(paragraph(task("a", "inside a line")), element("taskList", task("a", paragraph("real"))))
    assert set_done(doc, "a", is_done=True)
    assert [(item.text, item.is_done) for item in items_of(doc)] == [("real", True)]


def test_ticking_reaches_another_copy_as_a_boolean() -> None:
    doc, page = fixture("lesson.yjs"), fixture("lesson.yjs")
    sent: list[bytes] = []
    doc.observe(lambda event: sent.append(event.update))
    assert set_done(doc, "i1", is_done=True)
    assert set_done(doc, "i2", is_done=False)
    for update in sent:
        page.apply_update(update)
    assert [item.is_done for item in items_of(page)] == [True, False]


def test_ticking_twice_is_one_change() -> None:
    doc = fixture("lesson.yjs")
    sent: list[bytes] = []
    doc.observe(lambda event: sent.append(event.update))
    assert set_done(doc, "i1", is_done=True)
    assert set_done(doc, "i1", is_done=True)
    assert len(sent) == 1


def test_an_item_that_is_gone_is_not_ticked() -> None:
    doc = document(element("taskList", task("", paragraph("x"))))
    assert not set_done(doc, "a", is_done=True)
    assert not set_done(doc, "", is_done=True)
