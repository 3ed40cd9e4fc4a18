"""What a learning record store is told of a step of the hours log."""

import json
import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from protocol.hours import ContactType, EntryAction, PairKind
from server.outbox.statements import CreditedStep, duration_of, statement_of, voiding_of
from server.store.hours_log import Revoked

HOME = "https://rooms.example.org"
STEP = CreditedStep(
    entry_id="entry_1",
    number=7,
    action=EntryAction.CONFIRMED,
    author_id="person_mentor",
    at=1_795_000_000_123,
    pair_id="pair_1",
    pair_kind=PairKind.MENTOR,
    mentor_id="person_mentor",
    mentee_id="person_mentee",
    day=date(2026, 11, 18),
    contact_type=ContactType.CONFERENCE,
    credited_minutes=95,
    meeting_id="meeting_1",
)


def account(person_id: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": person_id}}


def test_who_was_mentored_has_attended() -> None:
    message = statement_of(STEP, HOME)
    statement = json.loads(message.body)
    assert (message.channel, message.person_id) == ("xapi", "person_mentee")
    assert statement.pop("id") == str(uuid.uuid5(uuid.NAMESPACE_URL, message.key))
    assert statement == {
        "actor": account("person_mentee"),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en": "attended"}},
        "object": {
            "objectType": "Activity",
            "id": f"{HOME}/hours/entries/entry_1",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/meeting",
                "name": {"en": "Mentoring: conference"},
            },
        },
        "result": {"completion": True, "duration": "PT1H35M"},
        "context": {
            "instructor": account("person_mentor"),
            "team": {"objectType": "Group", "member": [account("person_mentor"), account("person_mentee")]},
            "platform": "Roundup",
            "contextActivities": {
                "grouping": [{"objectType": "Activity", "id": f"{HOME}/pairs/pair_1"}],
                "parent": [{"objectType": "Activity", "id": f"{HOME}/meetings/meeting_1"}],
            },
            "extensions": {
                f"{HOME}/xapi/contact-type": "conference",
                f"{HOME}/xapi/pair-kind": "mentor",
                f"{HOME}/xapi/day": "2026-11-18",
            },
        },
        "timestamp": "2026-11-18T11:06:40.123Z",
    }


def test_a_coordinator_has_approved_the_same_thing() -> None:
    approved = replace(STEP, action=EntryAction.APPROVED, author_id="person_coordinator", number=9)
    statement, before = json.loads(statement_of(approved, HOME).body), json.loads(statement_of(STEP, HOME).body)
    assert statement["actor"] == account("person_coordinator")
    assert statement["verb"]["display"] == {"en": "approved"}
    assert statement["object"] == before["object"]
    assert statement["id"] != before["id"]


def test_the_same_step_is_the_same_statement_and_no_other_is() -> None:
    steps = [STEP, replace(STEP, number=8), replace(STEP, entry_id="entry_2")]
    assert statement_of(STEP, HOME) == statement_of(STEP, HOME)
    assert len({json.loads(statement_of(step, home).body)["id"] for step in steps for home in (HOME, "http://x")}) == 6


def test_a_statement_is_voided_by_another_one_that_names_nobody() -> None:
    message = voiding_of(Revoked(STEP.entry_id, STEP.number, STEP.at), HOME)
    statement = json.loads(message.body)
    assert message == voiding_of(Revoked(STEP.entry_id, STEP.number, STEP.at), HOME)
    assert (message.channel, message.person_id) == ("xapi", None)
    assert statement == {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, message.key)),
        "actor": account("roundup"),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": json.loads(statement_of(STEP, HOME).body)["id"]},
        "timestamp": "2026-11-18T11:06:40.123Z",
    }
    assert statement["id"] != statement["object"]["id"]


def test_what_was_entered_by_hand_has_no_meeting() -> None:
    statement = json.loads(statement_of(replace(STEP, meeting_id=None), HOME).body)
    assert "parent" not in statement["context"]["contextActivities"]


@pytest.mark.parametrize("action", [one for one in EntryAction if one not in ("confirmed", "approved")])
def test_nothing_else_is_told(action: EntryAction) -> None:
    with pytest.raises(ValueError, match="told to no learning record store"):
        statement_of(replace(STEP, action=action), HOME)


@pytest.mark.parametrize(
    ("minutes", "duration"), [(0, "PT0M"), (1, "PT1M"), (59, "PT59M"), (60, "PT1H"), (61, "PT1H1M"), (960, "PT16H")]
)
def test_durations_are_as_in_iso_8601(minutes: int, duration: str) -> None:
    assert duration_of(minutes) == duration
