"""The hours log: what somebody is told of it, and the steps that they take."""

from msgspec.structs import replace

from protocol.hours import (
    Confirmations,
    ConfirmedEntries,
    EntryDetail,
    EntryStep,
    HoursEntry,
    HoursEntryList,
    HoursHome,
    HoursLogPage,
    HoursProgramme,
    ManualEntry,
    PairDetail,
    PairList,
)
from protocol.hours_queries import EntryQuery, LogQuery, PairQuery, ProgrammeQuery
from server.http.cursors import CURSORS
from server.http.parts import PARTS, Hours
from server.http.rest import Access, AnyCall, AnyRoute, Call, NoQuery, Route

Plain = Call[NoQuery, None]


async def get_home(call: Plain) -> HoursHome:
    """`GET /api/v1/hours`."""
    return await _hours(call).home(call.person)


async def get_pairs(call: Call[PairQuery, None]) -> PairList:
    """`GET /api/v1/hours/pairs`."""
    found = await _hours(call).pairs(call.person, call.query, _place(call, call.query.cursor))
    return replace(found, next_cursor=_sealed(call, found.next_cursor))


async def get_pair(call: Plain) -> PairDetail:
    """`GET /api/v1/hours/pairs/PAIR_ID`."""
    return await _hours(call).pair(call.person, call.part("pair_id"))


async def get_entries(call: Call[EntryQuery, None]) -> HoursEntryList:
    """`GET /api/v1/hours/entries`."""
    found = await _hours(call).entries(call.person, call.query, _place(call, call.query.cursor))
    return replace(found, next_cursor=_sealed(call, found.next_cursor))


async def get_entry(call: Plain) -> EntryDetail:
    """`GET /api/v1/hours/entries/ENTRY_ID`."""
    return await _hours(call).entry(call.person, call.part("entry_id"))


async def get_programme(call: Call[ProgrammeQuery, None]) -> HoursProgramme:
    """`GET /api/v1/hours/programme`."""
    return await _hours(call).programme(call.person, call.query)


async def get_log(call: Call[LogQuery, None]) -> HoursLogPage:
    """`GET /api/v1/hours/log`."""
    return await _hours(call).log(call.person, call.query)


async def take_step(call: Call[NoQuery, EntryStep]) -> HoursEntry:
    """`POST /api/v1/hours/entries/ENTRY_ID/steps`."""
    return await _hours(call).take_step(call.person, call.part("entry_id"), call.body)


async def confirm(call: Call[NoQuery, Confirmations]) -> ConfirmedEntries:
    """`POST /api/v1/hours/confirmations`."""
    return await _hours(call).confirm(call.person, call.body)


async def enter(call: Call[NoQuery, ManualEntry]) -> HoursEntry:
    """`POST /api/v1/hours/entries`."""
    return await _hours(call).enter(call.person, call.body)


HOURS_ROUTES: tuple[AnyRoute, ...] = (
    Route(
        method="GET",
        path="/hours",
        name="getHours",
        summary="Your own pairs, those that need most first, and what waits for your word",
        handle=get_home,
        query=NoQuery,
        answer=HoursHome,
    ),
    Route(
        method="GET",
        path="/hours/pairs",
        name="listPairs",
        summary="All pairs that are there for you, also those that are over, a page of them",
        handle=get_pairs,
        query=PairQuery,
        answer=PairList,
    ),
    Route(
        method="GET",
        path="/hours/pairs/{pair_id}",
        name="getPair",
        summary="A pair: how far it is, its plan, its weeks",
        handle=get_pair,
        query=NoQuery,
        answer=PairDetail,
        failures=(404,),
    ),
    Route(
        method="GET",
        path="/hours/entries",
        name="listEntries",
        summary="Entries that are there for you, newest day first, a page of them",
        handle=get_entries,
        query=EntryQuery,
        answer=HoursEntryList,
        failures=(404,),
    ),
    Route(
        method="GET",
        path="/hours/entries/{entry_id}",
        name="getEntry",
        summary="An entry, every step of it, and the events behind every minute",
        handle=get_entry,
        query=NoQuery,
        answer=EntryDetail,
        failures=(404,),
    ),
    Route(
        method="GET",
        path="/hours/programme",
        name="getProgramme",
        summary="All pairs of the programme, and what they have done (coordinators)",
        handle=get_programme,
        query=ProgrammeQuery,
        answer=HoursProgramme,
        failures=(403,),
    ),
    Route(
        method="GET",
        path="/hours/log",
        name="readLog",
        summary="Rows of the log with their hashes, to verify the chain elsewhere (coordinators)",
        handle=get_log,
        query=LogQuery,
        answer=HoursLogPage,
        failures=(403,),
    ),
    Route(
        method="POST",
        path="/hours/entries/{entry_id}/steps",
        name="takeStep",
        summary="Confirm, dispute, adjust, approve or withdraw an entry",
        handle=take_step,
        query=NoQuery,
        body=EntryStep,
        answer=HoursEntry,
        access=Access.PAGE,
        failures=(403, 404, 409, 413),
    ),
    Route(
        method="POST",
        path="/hours/confirmations",
        name="confirmEntries",
        summary="Confirm several entries, or approve them as a coordinator",
        handle=confirm,
        query=NoQuery,
        body=Confirmations,
        answer=ConfirmedEntries,
        access=Access.PAGE,
        failures=(403, 413),
    ),
    Route(
        method="POST",
        path="/hours/entries",
        name="enterByHand",
        summary="Enter a visit, a call, an e-mail by hand",
        handle=enter,
        query=NoQuery,
        body=ManualEntry,
        answer=HoursEntry,
        access=Access.PAGE,
        failures=(403, 404, 413),
    ),
)


def _hours(call: AnyCall) -> Hours:
    return call.request.app[PARTS].hours


def _list_name(call: AnyCall) -> str:
    """Return what a cursor is for: a list, all it was asked for with, and whose it is."""
    asked = sorted((name, value) for name, value in call.request.query.items() if name not in ("cursor", "limit"))
    return repr((call.person.person_id, call.request.path, asked))


def _place(call: AnyCall, cursor: str | None) -> str | None:
    return None if cursor is None else call.request.app[CURSORS].open(_list_name(call), cursor)


def _sealed(call: AnyCall, place: str | None) -> str | None:
    return None if place is None else call.request.app[CURSORS].seal(_list_name(call), place)
