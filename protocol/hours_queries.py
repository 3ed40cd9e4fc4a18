"""The parameters of requests for the hours log over HTTP. The server checks them by these types, and describes them."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from protocol.hours import MAX_ENTRY_PAGE, MAX_LOG_PAGE, ContactType, EntryState, PairKind, Standing
from protocol.wire import MAX_NAME_CHARACTERS, Id

MAX_CURSOR_CHARACTERS = 256

Cursor = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=MAX_CURSOR_CHARACTERS, description="`next_cursor` of the page before."),
]
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_ENTRY_PAGE, description="How many at most.")]
FirstDay = Annotated[date, msgspec.Meta(description="The first day.")]
LastDay = Annotated[date, msgspec.Meta(description="The last day.")]
PersonId = Annotated[Id, msgspec.Meta(description="Of somebody who is one of the two.")]


class PairQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of pairs."""

    cursor: Cursor | None = None
    limit: Limit = MAX_ENTRY_PAGE


class PairWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pairs, by what they are today."""

    kind: PairKind | None = None
    standing: Standing | None = None
    q: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARACTERS, description="A part of a name.")] = ""

    @property
    def is_narrow(self) -> bool:
        """Tell whether only some pairs are meant."""
        return self.kind is not None or self.standing is not None or self.q.strip() != ""


class EntryQuery(PairWords, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries, and which page of them."""

    pair_id: Id | None = None
    person_id: PersonId | None = None
    state: EntryState | None = None
    contact_type: ContactType | None = None
    first_day: FirstDay | None = msgspec.field(default=None, name="from")
    last_day: LastDay | None = msgspec.field(default=None, name="to")
    cursor: Cursor | None = None
    limit: Limit = MAX_ENTRY_PAGE


class ProgrammeQuery(PairWords, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pairs, and between which days."""

    person_id: PersonId | None = None
    first_day: FirstDay | None = msgspec.field(default=None, name="from")
    last_day: LastDay | None = msgspec.field(default=None, name="to")


class LogQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows of the log."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="The rows after this number.")] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LOG_PAGE, description="How many at most.")] = MAX_LOG_PAGE


Paper = Literal["a4", "letter"]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}\Z", description="`en` or `es`; others are English.")]


class ReportQuery(ProgrammeQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pairs, between which days, and in whose language."""

    language: Language = "en"


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which term, and how it is printed."""

    term: Annotated[Id, msgspec.Meta(description="Id of a term; else the present one, or the last.")] | None = None
    language: Language = "en"
    paper: Paper = "a4"


class CertificateQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which days, and how it is printed."""

    first_day: FirstDay = msgspec.field(name="from")
    last_day: LastDay = msgspec.field(name="to")
    language: Language = "en"
    paper: Paper = "a4"


class CalendarQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In whose language."""

    language: Language = "en"
