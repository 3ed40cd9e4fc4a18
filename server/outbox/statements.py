"""xAPI statements (1.0.3) about steps of the hours log. Pure.

People are accounts of this server's, by their ids; no statement has a name or an e-mail address.
https://github.com/adlnet/xAPI-Spec/blob/1.0.3/xAPI-Data.md
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from protocol.hours import ContactType, EntryAction, PairKind
from server.store.hours_log import Credited, Revoked
from server.store.outbox import NewMessage

XAPI = "xapi"
_VERBS = {
    EntryAction.CONFIRMED: ("http://adlnet.gov/expapi/verbs/attended", "attended"),
    EntryAction.APPROVED: ("http://activitystrea.ms/schema/1.0/approve", "approved"),
}
_VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}}
_MEETING = "http://adlnet.gov/expapi/activities/meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedStep:
    """An entry of the hours log that both sides have confirmed, or that a coordinator approves, after that step."""

    entry_id: str
    number: int
    """Of the step in the log."""
    action: EntryAction
    """Confirmed, by whichever side was the second one; or approved."""
    author_id: str
    at: int
    pair_id: str
    pair_kind: PairKind
    mentor_id: str
    mentee_id: str
    day: date
    contact_type: ContactType
    credited_minutes: int
    meeting_id: str | None


def statement_of(step: CreditedStep, home_page: str) -> NewMessage:
    """Return the statement about a step. `home_page` is the server's public URL, without a slash at the end.

    The mentee has attended; or the author has approved. Raises `ValueError` for any other step.
    """
    if step.action not in _VERBS:
        raise ValueError(f"{step.action} is told to no learning record store")
    key = key_of(step.entry_id, step.number, home_page)
    verb_id, verb = _VERBS[step.action]
    actor_id = step.mentee_id if step.action is EntryAction.CONFIRMED else step.author_id
    statement = {
        "id": _id_of(key),
        "actor": _account(actor_id, home_page),
        "verb": {"id": verb_id, "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": f"{home_page}/hours/entries/{step.entry_id}",
            "definition": {"type": _MEETING, "name": {"en": f"Mentoring: {step.contact_type.value}"}},
        },
        "result": {"completion": True, "duration": duration_of(step.credited_minutes)},
        "context": _context(step, home_page),
        "timestamp": _instant(step.at),
    }
    return NewMessage(XAPI, key, msgspec.json.encode(statement).decode(), actor_id)


def voiding_of(revoked: Revoked, home_page: str) -> NewMessage:
    """Return the statement that voids another one (2.3.2). It is the server's, and about nobody.

    So it is also sent when the person whose step it follows from is erased meanwhile.
    """
    voided = key_of(revoked.entry_id, revoked.number, home_page)
    key = f"{voided}/voided"
    statement = {
        "id": _id_of(key),
        "actor": _account("roundup", home_page),
        "verb": _VOIDED,
        "object": {"objectType": "StatementRef", "id": _id_of(voided)},
        "timestamp": _instant(revoked.at),
    }
    return NewMessage(XAPI, key, msgspec.json.encode(statement).decode())


def key_of(entry_id: str, number: int, home_page: str) -> str:
    """Return the key of the statement about a step, from which its id follows."""
    return f"{XAPI}:{home_page}/hours/entries/{entry_id}#{number}"


@dataclass(frozen=True, slots=True)
class Statements:
    """Fits `server.store.hours_log.Announcements`."""

    home_page: str

    def credit(self, credited: Credited) -> NewMessage:
        """Return the statement about the step by which an entry was credited."""
        step = credited.entry.latest
        if step.author_id is None:
            raise ValueError("nothing is credited by nobody")
        return statement_of(
            CreditedStep(
                entry_id=step.entry_id,
                number=credited.entry.number,
                action=step.action,
                author_id=step.author_id,
                at=step.at,
                pair_id=step.pair_id,
                pair_kind=credited.pair_kind,
                mentor_id=step.mentor_id,
                mentee_id=credited.mentee_id,
                day=step.day,
                contact_type=step.contact_type,
                credited_minutes=step.credited_minutes,
                meeting_id=step.meeting_id,
            ),
            self.home_page,
        )

    def revocation(self, revoked: Revoked) -> NewMessage:
        """Return the statement that voids the one about a step."""
        return voiding_of(revoked, self.home_page)

    def key_of(self, entry_id: str, number: int) -> str:
        """Return the key of the statement about a step."""
        return key_of(entry_id, number, self.home_page)


def duration_of(minutes: int) -> str:
    """Return a duration as ISO 8601 has it: `PT1H30M`."""
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return f"PT{hours}H{rest}M"
    return f"PT{hours}H" if hours else f"PT{rest}M"


def _context(step: CreditedStep, home_page: str) -> Mapping[str, Any]:
    activities: dict[str, Any] = {"grouping": [{"objectType": "Activity", "id": f"{home_page}/pairs/{step.pair_id}"}]}
    if step.meeting_id is not None:
        activities["parent"] = [{"objectType": "Activity", "id": f"{home_page}/meetings/{step.meeting_id}"}]
    return {
        "instructor": _account(step.mentor_id, home_page),
        "team": {
            "objectType": "Group",
            "member": [_account(step.mentor_id, home_page), _account(step.mentee_id, home_page)],
        },
        "platform": "Roundup",
        "contextActivities": activities,
        "extensions": {
            f"{home_page}/xapi/contact-type": step.contact_type.value,
            f"{home_page}/xapi/pair-kind": step.pair_kind.value,
            f"{home_page}/xapi/day": step.day.isoformat(),
        },
    }


def _id_of(key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, key))


def _account(person_id: str, home_page: str) -> Mapping[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": home_page, "name": person_id}}


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
