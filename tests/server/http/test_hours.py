"""The hours log over real HTTP: who is told what, and what they do."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from server.http.application import API_ROUTES
from server.store.audit import AuditRepository
from server.store.location import Location
from server.store.personal import PersonalRepository
from tests.server.http.conftest import StartSite
from tests.server.http.hours import House
from tests.support.hours import TODAY, Programme

CALLERS = (
    *("nobody", "a wrong token", "rea", "rea's token"),
    *("ana", "ana's token", "mia", "mia's token", "sue", "sam", "ben", "max", "cora", "cora's token"),
)
OUTSIDE = {"nobody": 401, "a wrong token": 401, "rea": 401, "rea's token": 401}


def told(*callers: str, others: int) -> dict[str, int]:
    """Return what each is answered to what only some are told. A token is told what its person is."""
    inside = {caller: 200 if caller.split("'")[0] in callers else others for caller in CALLERS}
    return inside | OUTSIDE


def by_pages(**statuses: int) -> dict[str, int]:
    """Return what each is answered who wants to change something: `rest` to those who are not named."""
    rest = statuses.pop("rest")
    answers = {caller: statuses.get(caller, rest) for caller in CALLERS}
    return answers | {caller: 403 for caller in CALLERS if "token" in caller} | {"nobody": 401, "rea": 401}


EVERYBODY = told("ana", "mia", "sue", "sam", "ben", "max", "cora", others=500)
DAYS = "from=2026-08-01&to=2026-11-30"
STALE: Mapping[str, object] = {"action": "confirmed", "number": 0}
TABLE: tuple[tuple[str, str, str, object, Mapping[str, int]], ...] = (
    ("getHours", "GET", "/hours", None, EVERYBODY),
    ("listPairs", "GET", "/hours/pairs", None, EVERYBODY),
    ("listEntries", "GET", "/hours/entries", None, EVERYBODY),
    ("listEntries", "GET", "/hours/entries?person_id={ana}", None, told("ana", "cora", others=404)),
    ("getPair", "GET", "/hours/pairs/{pair}", None, told("ana", "mia", "sue", "cora", others=404)),
    ("getPair", "GET", "/hours/pairs/pair_of_nobody", None, told(others=404)),
    ("getEntry", "GET", "/hours/entries/{entry_mia}", None, told("ana", "mia", "cora", others=404)),
    ("getEntry", "GET", "/hours/entries/{entry_sam}", None, told("ana", "mia", "sam", "cora", others=404)),
    ("getEntry", "GET", "/hours/entries/{entry_sue}", None, told("ana", "mia", "sue", "cora", others=404)),
    ("getEntry", "GET", "/hours/entries/{entry_ben}", None, told("ben", "max", "cora", others=404)),
    ("getProgramme", "GET", "/hours/programme", None, told("cora", others=403)),
    ("readLog", "GET", "/hours/log", None, told("cora", others=403)),
    ("reportAsCsv", "GET", "/hours/report.csv", None, told("cora", others=403)),
    ("reportAsWorkbook", "GET", "/hours/report.xlsx", None, told("cora", others=403)),
    ("printStatement", "GET", "/hours/statements/{ana}.pdf", None, told("ana", "cora", others=404)),
    ("printStatement", "GET", "/hours/statements/nobody.pdf", None, told(others=404)),
    ("printCertificate", "GET", "/hours/certificates/{ana}.pdf?" + DAYS, None, told("ana", "cora", others=404)),
    ("exportDue", "GET", "/hours/due.ics", None, EVERYBODY),
    # 409 and 400: they may, only not so.
    ("takeStep", "POST", "/hours/entries/{entry_mia}/steps", STALE, by_pages(ana=409, mia=409, cora=409, rest=404)),
    (
        "takeStep",
        "POST",
        "/hours/entries/{entry_sam}/steps",
        STALE,
        by_pages(ana=409, mia=409, sam=409, cora=409, rest=404),
    ),
    ("confirmEntries", "POST", "/hours/confirmations", {"entries": []}, by_pages(rest=400)),
    (
        "enterByHand",
        "POST",
        "/hours/entries",
        {"request_id": "r", "pair_id": "{pair}", "day": "2030-01-01", "minutes": 5, "contact_type": "phone"},
        by_pages(ana=400, mia=400, sue=400, sam=400, cora=400, rest=404),
    ),
)


@pytest.fixture
async def house(start_site: StartSite, location: Location) -> House:
    site = await start_site(location=location)
    house = House(site, Programme(site.database))
    await house.set_up()
    return house


def filled(value: Any, house: House) -> Any:
    places = {"pair": house.programme.pairs["ana"]}
    places |= {name: house.programme.person_id(name) for name in ("ana", "sam")}
    places |= {f"entry_{name}": house.entry_id(name) for name in house.entries}
    if isinstance(value, dict):
        return {key: filled(each, house) for key, each in value.items()}
    for name, place in places.items():
        value = value.replace(f"{{{name}}}", place) if isinstance(value, str) else value
    return value


async def test_everybody_is_told_what_is_theirs_and_nobody_else(house: House) -> None:
    wrong = []
    for name, method, path, body, expected in TABLE:
        assert set(expected) == set(CALLERS)
        house.site.clock.advance(seconds=60)  # wrong tokens make the server wary for a while
        for caller in CALLERS:
            status, answer = await house.ask(caller, method, filled(path, house), filled(body, house))
            if status != expected[caller]:
                wrong.append(f"{name} {path} for {caller}: {status}, not {expected[caller]}: {answer}")
    assert wrong == []


def test_the_table_has_every_route() -> None:
    assert {name for name, *_ in TABLE} == {route.name for route in API_ROUTES}


async def test_lists_have_what_is_ones_own(house: House) -> None:
    pairs = {name: house.programme.pairs[name] for name in ("ana", "ben")}
    seen = {
        "ana": ({"ana"}, {"mia", "sam", "sue"}),
        "mia": ({"ana"}, {"mia", "sam", "sue"}),
        "sue": ({"ana"}, {"sue"}),
        "sam": (set[str](), {"sam"}),
        "max": ({"ben"}, {"ben"}),
        "cora": ({"ana", "ben"}, {"mia", "sam", "sue", "ben"}),
    }
    for caller, (own_pairs, own_entries) in seen.items():
        found = await house.get(caller, "/hours/pairs")
        assert {one["pair_id"] for one in found["pairs"]} == {pairs[name] for name in own_pairs}, caller
        listed = await house.get(caller, "/hours/entries")
        assert {one["entry_id"] for one in listed["entries"]} == {house.entry_id(name) for name in own_entries}, caller


async def test_the_home_page_has_what_waits_for_ones_word(house: House) -> None:
    waiting = {}
    for caller in ("ana", "mia", "sue", "sam", "cora"):
        home = await house.get(caller, "/hours")
        waiting[caller] = [one["entry_id"] for one in home["waiting"]]
        assert home["today"] == TODAY.isoformat()
        assert home["term"]["name"] == "Fall"
    # Ana has entered them: she has said yes.
    names = {caller: [house.entry_id(caller)] for caller in ("mia", "sue", "sam")}
    assert waiting == {"ana": [], "cora": []} | names
    home = await house.get("sue", "/hours")
    [pair] = home["pairs"]
    assert (pair["is_on_leave"], pair["substitute"]["name"], pair["waiting_minutes"]) == (True, "sue", 90)
    assert pair["last_contact_on"] == TODAY.isoformat()


async def test_a_step_is_taken_and_shows_everywhere(house: House) -> None:
    entry_id, pair_id = house.entry_id("mia"), house.programme.pairs["ana"]
    before = await house.get("cora", "/hours/programme")
    number = house.entries["mia"].number
    status, entry = await house.ask(
        "mia", "POST", f"/hours/entries/{entry_id}/steps", {"action": "confirmed", "number": number}
    )
    assert (status, entry["state"], entry["permitted"]) == (200, "confirmed", ["disputed", "adjusted"])
    after = await house.get("cora", "/hours/programme")
    assert (before["credited_minutes"], after["credited_minutes"]) == (0, 30)
    assert (before["waiting_minutes"], after["waiting_minutes"]) == (120, 90)
    assert after["answers"]["answered_count"] == 1
    [summary] = [one for one in after["pairs"] if one["status"]["pair_id"] == pair_id]
    assert (summary["credited_minutes"], summary["meeting_count"]) == (30, 1)
    assert summary["status"]["minutes_this_term"] == 30
    assert [week for week in after["weeks"] if week["contacts"]] == [
        {
            "first_day": "2026-11-23",
            "contacts": [{"contact_type": "phone", "credited_minutes": 30, "entry_count": 1}],
        }
    ]
    detail = await house.get("ana", f"/hours/entries/{entry_id}")
    assert [step["action"] for step in detail["steps"]] == ["entered", "confirmed"]
    assert detail["steps"][1]["author"]["name"] == "mia"
    assert detail["evidence"] is None
    status, refused = await house.ask(
        "ana", "POST", f"/hours/entries/{entry_id}/steps", {"action": "disputed", "number": number, "text": "No."}
    )
    assert (status, refused["error"]["code"]) == (409, "entry_changed")


async def test_several_are_confirmed_at_once_and_the_others_are_told(house: House) -> None:
    seen = [{"entry_id": house.entry_id(name), "number": house.entries[name].number} for name in ("mia", "ben")]
    status, outcome = await house.ask("mia", "POST", "/hours/confirmations", {"entries": seen})
    assert status == 200
    assert [(one["entry_id"], one["state"]) for one in outcome["entries"]] == [(house.entry_id("mia"), "confirmed")]
    [refused] = outcome["refused"]
    assert (refused["entry_id"], refused["error"]["code"]) == (house.entry_id("ben"), "not_found")


async def test_an_entry_by_hand_is_one_however_often_it_arrives(house: House) -> None:
    body = {
        "request_id": "once",
        "pair_id": house.programme.pairs["ana"],
        "day": (TODAY - timedelta(days=1)).isoformat(),
        "minutes": 45,
        "contact_type": "visit",
        "text": "At her school.",
    }
    first, again = [await house.ask("ana", "POST", "/hours/entries", body) for _ in range(2)]
    assert first == again
    status, entry = first
    assert (status, entry["credited_minutes"], entry["mentor"]["name"]) == (200, 45, "mia")
    assert len((await house.get("ana", "/hours/entries"))["entries"]) == 4


async def test_coordinators_looks_at_others_are_noted_once_an_hour(house: House) -> None:
    pair_id, ben = house.programme.pairs["ana"], house.programme.person_id("ben")
    for _ in range(2):
        await house.get("cora", f"/hours/pairs/{pair_id}")
        await house.get("cora", f"/hours/entries/{house.entry_id('sam')}")
        await house.get("cora", f"/hours/entries?person_id={ben}")
        await house.get("cora", f"/hours/programme?person_id={ben}")
    await house.get("cora", "/hours/programme")
    await house.get("mia", f"/hours/pairs/{pair_id}")
    assert await house.audited() == [("cora", "pair of ana"), ("cora", "ben")]
    house.site.clock.advance(seconds=3_601)
    await house.get("cora", f"/hours/pairs/{pair_id}")
    assert await house.audited() == [("cora", "pair of ana"), ("cora", "ben"), ("cora", "pair of ana")]


async def test_who_takes_everything_along_leaves_a_trace_that_everybody_finds(house: House) -> None:
    ben, ana = house.programme.person_id("ben"), house.programme.person_id("ana")
    entry = house.entries["ben"]
    step = {"action": "adjusted", "number": entry.number, "credited_minutes": 5, "text": "Less."}
    assert (await house.ask("cora", "POST", f"/hours/entries/{house.entry_id('ben')}/steps", step))[0] == 200
    for _ in range(2):
        await house.get("cora", "/hours/entries")
        await house.get("cora's token", "/hours/log")
        await house.get("cora", "/hours/report.csv")
        await house.get("cora", "/hours/report.xlsx")
        await house.get("cora", f"/hours/report.csv?person_id={ben}")
    await house.get("mia", "/hours/entries")
    assert await house.audited() == [*([("cora", "everybody")] * 3), ("cora", "ben")]
    trail = AuditRepository(house.site.database)
    looks = ["hours_viewed", "hours_exported", "hours_exported"]
    about = {
        name: [one.action for one in await trail.entries(about=person_id, limit=99) if one.action.startswith("hours")]
        for name, person_id in (("ana", ana), ("ben", ben))
    }
    assert about == {"ana": looks, "ben": ["hours_adjusted", *looks, "hours_exported"]}
    personal = await PersonalRepository(house.site.database).collect(ben)
    assert [one["action"] for one in personal["audit"] if one["action"].startswith("hours")] == about["ben"]


@pytest.mark.parametrize(("caller", "count"), [("cora", 4), ("ana", 3), ("sam", 1)])
async def test_entries_are_gone_through_page_by_page(house: House, caller: str, count: int) -> None:
    everything = await house.get(caller, "/hours/entries")
    found: list[str] = []
    cursor = ""
    for _ in range(count):
        page = await house.get(caller, f"/hours/entries?limit=1{cursor}")
        found += [one["entry_id"] for one in page["entries"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert found == [one["entry_id"] for one in everything["entries"]]
    assert len(found) == count


@pytest.mark.parametrize(
    ("caller", "filters", "names"),
    [
        ("cora", "q=BEN", {"ben"}),
        ("cora", "q=%20mi%20", {"mia", "sam", "sue"}),
        ("cora", "q=nobody", set()),
        ("cora", "kind=mentor", {"mia", "sam", "sue", "ben"}),
        ("cora", "kind=content_buddy", set()),
        ("cora", "standing=overdue", {"ben"}),
        ("cora", "standing=met&q=ana", {"mia", "sam", "sue"}),
        ("cora", "pair_id={pair}&q=ben", set()),
        ("cora", "person_id={ana}&standing=met", {"mia", "sam", "sue"}),
        ("ana", "q=ben", set()),
        ("ana", "q=mia&kind=mentor", {"mia", "sam", "sue"}),
        ("sam", "q=ana", {"sam"}),
        ("sam", "standing=overdue", set()),
    ],
)
async def test_entries_are_found_by_what_their_pair_is(
    house: House, caller: str, filters: str, names: set[str]
) -> None:
    await house.take_step("sue", "sue", "confirmed")  # Ana has had the contact that she needs
    path = f"/hours/entries?{filled(filters, house)}"
    whole = await house.get(caller, path)
    assert {one["entry_id"] for one in whole["entries"]} == {house.entry_id(name) for name in names}
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await house.get(caller, f"{path}&limit=1{cursor and '&cursor=' + cursor}")
        found += page["entries"]
        cursor = page["next_cursor"]
    assert found == whole["entries"]


async def test_what_waits_is_counted_as_it_is_listed(house: House) -> None:
    await house.take_step("mia", "mia", "confirmed")
    await house.take_step("max", "ben", "disputed", text="That was not me.")
    late = TODAY - timedelta(days=7)
    seen = []
    for query in ("", "q=ana", "q=ben", "standing=overdue", "person_id={ana}", "kind=content_buddy", "person_id={sam}"):
        asked = filled(query, house)
        counted = (await house.get("cora", f"/hours/programme?{asked}"))["open_entries"]
        listed = {}
        for name, state, last_day in (
            ("disputed_count", "disputed", TODAY),
            ("unanswered_count", "proposed", late),
            ("confirmed_count", "confirmed", TODAY),
        ):
            days = f"from=2026-08-10&to={last_day.isoformat()}"
            entries = await house.get("cora", f"/hours/entries?{asked}&state={state}&{days}")
            listed[name] = len(entries["entries"])
        assert counted == listed, query
        seen.append(tuple(counted.values()))
    assert seen == [(1, 1, 1), (0, 1, 1), (1, 0, 0), (1, 0, 0), (0, 1, 1), (0, 0, 0), (0, 1, 0)]
    # A week that is not over a week ago has nothing that is late.
    few = await house.get("cora", f"/hours/programme?from={(TODAY - timedelta(days=6)).isoformat()}")
    assert few["open_entries"]["unanswered_count"] == 0


async def test_pairs_are_gone_through_page_by_page(house: House) -> None:
    first = await house.get("cora", "/hours/pairs?limit=1")
    second = await house.get("cora", f"/hours/pairs?limit=1&cursor={first['next_cursor']}")
    assert second["next_cursor"] is None
    assert len({one["pair_id"] for one in (*first["pairs"], *second["pairs"])}) == 2


async def test_a_cursor_is_only_good_for_whom_and_what_it_was_made(house: House) -> None:
    page = await house.get("ana", "/hours/entries?limit=1")
    cursor = page["next_cursor"]
    changed = cursor[:10] + ("a" if cursor[10] == "b" else "b") + cursor[11:]
    forged = ["A", "%00", "é", cursor[:-2], cursor + "AA", "A" * len(cursor), "=", changed]
    for path in (
        *(f"/hours/entries?limit=1&cursor={one}" for one in forged),
        f"/hours/entries?limit=1&state=proposed&cursor={cursor}",
        f"/hours/pairs?limit=1&cursor={cursor}",
    ):
        status, failed = await house.ask("ana", "GET", path)
        assert (status, failed["error"]["code"]) == (400, "bad_request"), path
    status, failed = await house.ask("mia", "GET", f"/hours/entries?limit=1&cursor={cursor}")
    assert status == 400
    assert "begin" in failed["error"]["text"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/hours/entries?limit=0", "`limit`: expected `int` >= 1."),
        ("/hours/entries?limit=101", "`limit`: expected `int` <= 100."),
        ("/hours/entries?limit=ten", "`limit`: expected `int`, got `str`."),
        ("/hours/entries?from=2026-02-30", "`from`: invalid RFC3339 encoded date."),
        ("/hours/entries?state=done", "`state`: invalid enum value 'done'."),
        ("/hours/entries?state=null", "`state`: leave it out where nothing is meant."),
        ("/hours/entries?state=proposed&state=approved", "`state` is there twice."),
        ("/hours/entries?colour=red", "There is no parameter `colour`."),
        ("/hours/programme?from=2026-11-02&to=2026-11-01", "`from` is the first day, and `to` the last one."),
        ("/hours/programme?from=0001-01-01&to=9999-12-31", "At most 800 days are looked at together."),
        ("/hours/log?after=-1", "`after`: expected `int` >= 0."),
    ],
)
async def test_what_is_wrong_with_a_parameter_is_said(house: House, path: str, sentence: str) -> None:
    status, failed = await house.ask("cora", "GET", path)
    assert (status, failed["error"]["text"]) == (400, sentence)


async def test_the_chain_can_be_verified_from_the_outside(house: House) -> None:
    rows: list[dict[str, Any]] = []
    while page := (await house.get("cora", f"/hours/log?limit=3&after={len(rows)}"))["rows"]:
        rows += page
    newest = "0" * 64
    for number, row in enumerate(rows, 1):
        assert row["number"] == number
        said = {name: value for name, value in row.items() if name not in ("text", "text_salt", "hash")}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        newest = hashlib.sha256(f"{newest}\n{text}".encode()).hexdigest()
        assert row["hash"] == newest
        assert row["text_digest"] == hashlib.sha256(f"{row['text_salt']}\n{row['text'] or ''}".encode()).hexdigest()
    assert len(rows) == 4


async def test_the_programme_is_narrowed_down(house: House) -> None:
    found = {}
    for query in (
        "",
        "?q=BEN",
        "?q=nobody",
        "?kind=content_buddy",
        "?standing=on_track",
        f"?person_id={house.programme.person_id('sue')}",
    ):
        programme = await house.get("cora", f"/hours/programme{query}")
        found[query.split("=")[0] + query[-3:]] = {one["status"]["mentee"]["name"] for one in programme["pairs"]}
        assert sum(one["pair_count"] for one in programme["standings"]) == len(programme["pairs"])
    assert list(found.values()) == [{"ana", "ben"}, {"ben"}, set(), set(), set(), {"ana"}]


async def test_answers_are_not_kept_by_anybody(house: House) -> None:
    async with (
        aiohttp.ClientSession(headers=house.headers("ana's token")) as client,
        client.get(f"{house.site.url}/api/v1/hours") as response,
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert not response.cookies


async def test_another_sites_page_changes_nothing(house: House) -> None:
    body = {"action": "confirmed", "number": house.entries["mia"].number}
    path = f"{house.site.url}/api/v1/hours/entries/{house.entry_id('mia')}/steps"
    headers = house.headers("mia") | {"Sec-Fetch-Site": "cross-site"}
    async with aiohttp.ClientSession() as client, client.post(path, json=body, headers=headers) as response:
        assert response.status == 403
