"""The hours log, as its people live it: hours come by themselves, both say yes, the coordinator has them on paper."""

import asyncio
import csv
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openpyxl import load_workbook
from playwright.async_api import Browser, Download, Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Visit, visiting
from tests.browser.visitor import Visitor
from tests.support.command import roundup, roundup_process
from tests.support.server import RunningServer, running_server
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COORDINATOR = "coordinator@rehearsal.example"
MENTOR_OF_MANY = "mentor1@rehearsal.example"
INGRID, TOMOKO, PAVEL = "ingrid@school.example", "tomoko@school.example", "pavel@school.example"
"""Ingrid is mentor of the two others. Nobody else has anything to do with them."""
PEOPLE = f"""email,name,role
{INGRID},Ingrid Solberg,mentor
{TOMOKO},Tomoko Hayashi,teacher
{PAVEL},Pavel Dvořák,teacher
"""
LONG_ENOUGH_S = 30.5
"""From half a minute on, time together is a minute by the usual policy."""
PHONE, DESK = (360, 740), (1280, 800)
NO_ROOM: dict[str, Any] = {"room": None, "may_use_devices": False}


def zone_where_it_is_evening() -> str:
    """Return a time zone that is far from midnight just now: none of these tests is about days."""
    ahead = 19 - datetime.now(UTC).hour
    ahead -= 24 if ahead > 14 else 0
    return f"Etc/GMT{-ahead:+d}"


def in_folder(data_dir: Path, *arguments: str | Path) -> None:
    """Do something as the server's operator, before it is started."""
    outcome = roundup(*arguments, "--data-dir", data_dir)
    assert outcome.code == 0, outcome.err


def make_programme(data_dir: Path) -> None:
    """Make twelve pairs with a month of hours, and Ingrid with hers, who have none yet."""
    in_folder(data_dir, "rehearse", "--pairs", "12", "--days", "22", "--time-zone", zone_where_it_is_evening())
    people, pairs = data_dir / "people.csv", data_dir / "pairs.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    begin = (datetime.now(UTC) - timedelta(days=20)).date()
    rows = [f"{INGRID},{mentee},{begin}" for mentee in (TOMOKO, PAVEL)]
    pairs.write_text("\n".join(["mentor,mentee,starts_on", *rows]), encoding="utf-8")
    in_folder(data_dir, "people", "import", people)
    in_folder(data_dir, "pairs", "import", pairs)
    in_folder(data_dir, "rooms", "add", "desk", "--name", "Ingrid’s desk", "--kind", "one_to_one")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: Any) -> AsyncIterator[RunningServer]:
    """One with a programme of its own: what others meet for would stand in the log, too."""
    folder: Path = tmp_path_factory.mktemp("hours")
    await asyncio.to_thread(make_programme, folder / "data")
    async with running_server(folder, room_grace_s=0.5, reload_grace_s=10.0) as running:
        yield running


@dataclass(frozen=True)
class Talk:
    """Two in a room."""

    mentor: Visitor
    mentee: Visitor
    first_inside_at: float
    both_inside_at: float


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def talk(browser: Browser, server: RunningServer) -> AsyncIterator[Talk]:
    """Ingrid and Tomoko meet. That takes its time, in which the first tests are about others' hours."""
    async with visiting(browser, server) as visit:
        mentor, mentee = await visit(INGRID, room="desk"), await visit(TOMOKO, room="desk")
        begun = time.monotonic()
        await mentor.join()
        await mentee.join()
        await mentee.sees("Ingrid Solberg")
        for one in (mentor, mentee):
            await one.button("Turn camera off").click()
        yield Talk(mentor, mentee, begun, time.monotonic())


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def entries(page: Page, state: str = "") -> Locator:
    """Find the entries of the list that "What stands in the log" heads."""
    return region(page, "What stands in the log").get_by_role("listitem").filter(has_text=state)


async def data_of(download: Download) -> bytes:
    return (await download.path()).read_bytes()


async def saved(page: Page, link: str) -> bytes:
    """Click a link to a file, and return what the browser has saved."""
    async with page.expect_download() as expected:
        await page.get_by_role("link", name=link).click()
    return await data_of(await expected.value)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


async def test_what_was_done_elsewhere_is_entered_objected_to_and_settled(visit: Visit, server: RunningServer) -> None:
    pavel, ingrid = await visit(PAVEL, **NO_ROOM), await visit(INGRID, **NO_ROOM)
    page = pavel.page
    await page.goto(f"{server.url}/hours")
    await pavel.button("Add by hand").click()
    form = dialog(page)
    minutes, day = form.get_by_label("How long"), form.get_by_label("When")
    today = await day.input_value()
    for typed in ("-45", "25:00", "961"):
        await minutes.fill(typed)
        await form.get_by_role("button", name="Add").click()
        await expect(form).to_contain_text("Say it as minutes (85) or hours (1:25), at most 16 hours.")
    await minutes.fill("45")
    await day.fill((datetime.fromisoformat(today) + timedelta(days=1)).date().isoformat())
    await form.get_by_role("button", name="Add").click()
    await expect(form).to_contain_text("That day is still to come.")
    await day.fill(today)
    await form.get_by_label("What it was about").fill("Looked at a lesson together")
    await form.get_by_role("button", name="Add").click()
    await expect(form).to_have_count(0)
    await expect(entries(page)).to_have_count(1)
    await expect(entries(page)).to_contain_text("Waits for Ingrid Solberg")

    # Ingrid objects at home, where it waits for her.
    await ingrid.page.reload()
    card = region(ingrid.page, "Your hours")
    await card.get_by_role("button", name=re.compile("^Not right?")).click()
    await dialog(ingrid.page).get_by_role("radio", name="Object to it").click()
    await dialog(ingrid.page).get_by_role("button", name="Object").click()
    await expect(dialog(ingrid.page)).to_contain_text("A few words, please")
    await dialog(ingrid.page).get_by_label("Why?").fill("It was half an hour.")
    await dialog(ingrid.page).get_by_role("button", name="Object").click()
    await expect(card.get_by_role("status")).to_have_text("Noted. Pavel Dvořák sees it, too.")

    # Pavel reads why, and puts it right.
    await page.reload()
    await expect(entries(page)).to_contain_text("Disputed")
    await entries(page).get_by_role("link").click()
    await expect(region(page, "Every step")).to_contain_text("It was half an hour.")
    await pavel.button("Change").click()
    await dialog(page).get_by_label("How long").fill("30")
    await dialog(page).get_by_label("Why?").fill("You are right, I counted the way.")
    await dialog(page).get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("30 min")

    # Ingrid sees it, and it is settled.
    await ingrid.page.reload()
    await expect(card.get_by_role("listitem")).to_contain_text("30 min")
    await card.get_by_role("button", name=re.compile("^Confirm: 30 min, Visit, with Pavel Dvořák")).click()
    await expect(card.get_by_role("status")).to_contain_text("You confirmed the time with Pavel Dvořák.")
    await page.reload()
    await expect(page.get_by_text("Both have confirmed it.")).to_be_visible()
    await expect(region(page, "Where the minutes come from")).to_contain_text("You are right, I counted the way.")

    # What was entered twice goes back.
    await page.go_back()
    await pavel.button("Add by hand").click()
    await dialog(page).get_by_label("How long").fill("0:45")
    await dialog(page).get_by_role("button", name="Add").click()
    await entries(page, "45 min").get_by_role("button", name=re.compile("^Change")).click()
    await dialog(page).get_by_role("radio", name="Withdraw it").click()
    await dialog(page).get_by_role("button", name="Withdraw").click()
    await expect(entries(page, "Withdrawn")).to_have_count(1)
    await expect(entries(page, "Confirmed by both")).to_have_count(1)


async def test_what_a_coordinator_looks_for_survives_and_can_be_printed(visit: Visit, server: RunningServer) -> None:
    grace = await visit(COORDINATOR, **NO_ROOM)
    page = grace.page
    await page.get_by_role("link", name=re.compile("^Hours of the programme")).click()
    rows = page.get_by_role("table", name=re.compile("^Pairs")).get_by_role("row")
    await expect(rows).to_have_count(1 + 12 + 2)
    await page.get_by_label("Kind of pair").select_option("Content buddies")
    await expect(rows).to_have_count(1 + 2)
    names = await rows.get_by_role("link").all_text_contents()
    await page.get_by_role("searchbox", name="Search by name").fill(names[0])
    await expect(rows).to_have_count(1 + 1)
    await page.get_by_role("button", name="Mentee", exact=True).click()
    sorted_by_name = page.url
    assert all(word in sorted_by_name for word in ("kind=content_buddy", "q=", "sort=mentee"))
    await page.reload()
    await expect(rows).to_have_count(1 + 1)
    await expect(page.get_by_role("searchbox", name="Search by name")).to_have_value(names[0])
    await expect(page.get_by_label("Kind of pair")).to_have_value("content_buddy")
    await rows.get_by_role("link", name=names[0]).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(names[0])
    await page.go_back()
    await expect(page).to_have_url(sorted_by_name)
    await expect(rows).to_have_count(1 + 1)
    await page.go_back()
    await expect(page).to_have_url(re.compile(r"kind=content_buddy&q="))
    await page.go_back()
    await expect(rows).to_have_count(1 + 12 + 2)

    # On paper: all pairs and no controls, also when only some were on the screen.
    printed = text_of(await page.pdf(format="A4"))
    assert "Hours report" in printed
    for name in (*names, "Tomoko Hayashi", "Pavel Dvořák"):
        assert name in printed
    for control in ("Search by name", "All kinds", "Excel"):
        assert control not in printed


PEOPLE_WITH_PAGES = {"coordinator": COORDINATOR, "mentor of many": MENTOR_OF_MANY, "mentor": INGRID}


@pytest.mark.parametrize("person", PEOPLE_WITH_PAGES)
async def test_axe_finds_nothing(visit: Visit, server: RunningServer, person: str) -> None:
    who = await visit(PEOPLE_WITH_PAGES[person], **NO_ROOM)
    page = who.page

    async def look(what: str) -> None:
        for width, height in (PHONE, DESK):
            await page.set_viewport_size({"width": width, "height": height})
            assert await who.violations_in_any_scheme() == [], f"{what}, {width} wide"

    if person != "coordinator":
        if person == "mentor of many":
            await expect(region(page, "Your hours")).to_be_visible()
            await look("home")
        await page.goto(f"{server.url}/hours")
        await expect(entries(page).first).to_be_visible()
        await look("own hours")
        if person == "mentor of many":
            await who.button("Add by hand").click()
            await look("by hand")
        return
    await page.goto(f"{server.url}/hours/programme?list=confirmed")
    confirmed = region(page, "To be approved").get_by_role("listitem")
    await expect(confirmed.first).to_be_visible()
    await look("programme")
    await confirmed.filter(has_not_text="entered by hand").first.get_by_role("link").click()
    await expect(region(page, "Who was there when")).to_be_visible()
    await page.locator("summary").first.click()
    await look("entry")
    await who.button("Change").click()
    await look("step")
    await page.keyboard.press("Escape")
    await page.get_by_role("main").get_by_role("link", name=re.compile(" and ")).click()
    await expect(entries(page).first).to_be_visible()
    await look("pair")


async def test_a_meeting_is_confirmed_approved_and_exported(visit: Visit, server: RunningServer, talk: Talk) -> None:
    mentor, mentee = talk.mentor, talk.mentee
    await until(lambda: time.monotonic() - talk.both_inside_at > LONG_ENOUGH_S, timeout_s=60)
    at_least_s = time.monotonic() - talk.both_inside_at
    await mentor.leave()
    at_most_s = time.monotonic() - talk.first_inside_at
    await mentee.leave()

    # One click each: on the card after the meeting, and at home.
    card = region(mentee.page, "Your time together")
    await card.get_by_role("button", name=re.compile("^Confirm: .*, Conference, with Ingrid Solberg")).click()
    await expect(card.get_by_role("status")).to_contain_text("You confirmed the time with Ingrid Solberg.")
    await mentee.go_home(server.url)
    await expect(region(mentee.page, "Your hours")).to_contain_text(" min not confirmed by both yet")
    await mentor.go_home(server.url)
    home = region(mentor.page, "Your hours")
    await home.get_by_role("button", name=re.compile("^Confirm: .*, Conference, with Tomoko Hayashi")).click()
    await expect(home.get_by_role("status")).to_contain_text("You confirmed the time with Tomoko Hayashi.")

    # The coordinator looks at where it comes from, and approves it.
    grace = await visit(COORDINATOR, **NO_ROOM)
    page = grace.page
    await page.goto(f"{server.url}/hours/programme?q=hayashi")
    await grace.button(re.compile("entry is confirmed by both")).click()
    list_of_one = page.url
    to_approve = region(page, "To be approved")
    await to_approve.get_by_role("listitem").get_by_role("link").click()
    story = region(page, "Where the minutes come from")
    measured = re.search(r"at once for (?:(\d+) min)? ?(?:(\d+) sec)?", await story.inner_text())
    assert measured is not None
    measured_s = int(measured[1] or 0) * 60 + int(measured[2] or 0)
    assert measured_s <= at_most_s
    minutes = int(measured_s + 30) // 60
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"{minutes} min")
    evidence = region(page, "Who was there when")
    for name in ("Ingrid Solberg", "Tomoko Hayashi"):
        connections = re.compile(rf"{name}: (\d+) connection")
        counted = connections.search(await evidence.inner_text())
        assert counted is not None
        # On a machine that is very busy a line may have been lost, and with it a few seconds.
        assert int(counted[1]) > 1 or int(at_least_s) <= measured_s
        await evidence.get_by_text(connections).click()
        events = evidence.get_by_role("group").filter(has_text=connections).get_by_role("row")
        for what in ("Came in", "Could hear or see", "Microphone on", "Camera or screen off", "Left"):
            await expect(events.filter(has_text=what).first).to_be_visible()
    interval = await evidence.get_by_text(re.compile(r"^Both at once: ")).text_content()
    instants = re.findall(r"\d+:\d\d:\d\d\s[AP]M", interval or "")
    began, ended = (datetime.strptime(at.replace("\u202f", " "), "%I:%M:%S %p") for at in instants)  # noqa: DTZ007
    assert abs((ended - began).total_seconds() - measured_s) <= 1
    await grace.button(re.compile("^Approve: ")).click()
    steps = region(page, "Every step").get_by_role("listitem")
    await expect(steps).to_have_count(4)
    for step, said in enumerate(("proposed it from the meeting", "confirmed it", "confirmed it", "approved it")):
        await expect(steps.nth(step)).to_contain_text(said)
    head = await steps.last.locator("code").inner_text()

    # Back where it was chosen, it is done, and all of it is taken along.
    await page.go_back()
    await expect(page).to_have_url(list_of_one)
    await expect(page.get_by_text("There is nothing left here.")).to_be_visible()
    [row] = csv.DictReader(StringIO((await saved(page, "CSV: save this list")).decode("utf-8-sig")))
    assert (row["mentor"], row["mentee"], row["state"]) == ("Ingrid Solberg", "Tomoko Hayashi", "approved")
    assert (row["room"], int(row["counted_minutes"])) == ("Ingrid’s desk", minutes)
    assert int(row["measured_ms"]) // 1_000 == measured_s
    book = load_workbook(BytesIO(await saved(page, "Excel: save this list")))
    cells = [cell.value for cell in book.worksheets[1][2]]
    assert {"Ingrid Solberg", "Tomoko Hayashi", "Ingrid’s desk", "Approved"} <= set(cells)
    assert timedelta(milliseconds=int(row["measured_ms"])) in cells
    await page.get_by_role("link", name="Tomoko Hayashi").click()
    statement = text_of(await saved(page, "Statement of Tomoko Hayashi (PDF)"))
    for words in ("Statement of mentoring hours", "Tomoko Hayashi", "Ingrid Solberg", "Approved", head[:16]):
        assert words in statement
    verified = await roundup_process("hours", "verify", "--head", head, "--data-dir", server.config.data_dir)
    assert verified.code == 0, verified.err
