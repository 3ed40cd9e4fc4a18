"""`roundup requirements`, `terms`, `programme time-zone` and `programme hours-policy`, on a real data folder."""

import json
import re
from pathlib import Path

import pytest

from tests.server.cli.test_people import assert_refused
from tests.support.command import Outcome, roundup, roundup_process


def requirements(data: Path, *args: str | Path) -> Outcome:
    return roundup("requirements", *args, ROUNDUP_DATA_DIR=data)


def terms(data: Path, *args: str) -> Outcome:
    return roundup("terms", *args, ROUNDUP_DATA_DIR=data)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--minutes 60 --per week --average-over year", "60 minutes a week, on average over the year"),
        ("--minutes 3000 --per year", "3,000 minutes a year"),
        ("--minutes 180 --per month --in-terms-only", "180 minutes a month, in terms only"),
        ("--contact-every 14", "contact every 14 days"),
        ("--meetings 2 --per year", "2 meetings a year"),
        (
            "--meetings 1 --per term --contact-type visit --contact-type observation --minimum-minutes 20",
            "1 meeting a term, by visit or observation, of 20 minutes or more",
        ),
        ("--plan school-visits", "4 steps, up to day 300"),
    ],
)
def test_a_rule_is_said_by_options(tmp_path: Path, options: str, words: str) -> None:
    added = requirements(tmp_path, "add", "Ours", *options.split())
    assert (added.code, added.out) == (0, f"Ours is added for all pairs: {words}.\n")


def test_a_plan_is_listed_with_its_steps(tmp_path: Path) -> None:
    requirements(tmp_path, "add", "Visits", "--plan", "school-visits")
    lines = [line.strip() for line in requirements(tmp_path, "list").out.splitlines()]
    assert lines[0].endswith("4 steps, up to day 300")
    assert lines[1] == "- First talk: by day 14, by conference or phone or visit"
    assert len(lines) == 5


def test_a_plan_of_ones_own_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"kind": "plan", "steps": [{"name": "Day 30", "day": 30}]}')
    added = requirements(tmp_path, "add", "First steps", "--file", file, "--kind", "content_buddy", "--json")
    value = json.loads(added.out)
    assert value["rule"] == {"kind": "plan", "steps": [{"name": "Day 30", "day": 30}]}
    assert (value["kind"], value["mentor"], value["removed_at"]) == ("content_buddy", None, None)
    file.write_text('{"kind": "plan", "steps": [{"name": "Day 30"}]}')
    wrong = requirements(tmp_path, "add", "Other", "--file", file)
    assert_refused(wrong, 1, r"This is no rule: steps\[0\]: object missing required field `day`")
    assert_refused(requirements(tmp_path, "add", "Other", "--file", tmp_path / "none"), 1, "cannot be read")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("", "A requirement is one of --minutes, --meetings, --contact-every, --plan or --file"),
        ("--minutes 60 --contact-every 3", "A requirement is one of"),
        ("--minutes 60", "need --per: week, month, term, year"),
        ("--minutes 60 --per year --average-over year", "an average is taken of weeks or months"),
        ("--meetings 2 --per month --average-over year", "Only minutes have an average"),
        ("--contact-every 14 --per week", "Only minutes and meetings are counted"),
        ("--plan new-teacher --minimum-minutes 5", "is said in it"),
        ("--plan old-teacher", "There is no plan 'old-teacher'; there are new-teacher, school-visits"),
        ("--contact-every 14 --mentor ana@school.example", "both --mentor and --mentee"),
        ("--contact-every 14 --mentor ana@school.example --mentee ben@school.example", "are no pair"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path, options: str, sentence: str) -> None:
    assert_refused(requirements(tmp_path, "add", "Ours", *options.split()), 1, sentence)
    assert requirements(tmp_path, "list").out == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--minutes 0 --per week", "--minutes cannot be '0': it is a whole number from 1 to 600000"),
        ("--minutes many --per week", "--minutes cannot be 'many': it is a whole number from 1 to 600000"),
        ("--contact-every 0", "--contact-every cannot be '0': it is a whole number from 1 to 3660"),
        ("--contact-every 14 --contact-type fax", "--contact-type cannot be 'fax': it is one of conference, group"),
    ],
)
async def test_a_wrong_value_is_refused_in_one_sentence(tmp_path: Path, options: str, sentence: str) -> None:
    refused = await roundup_process("requirements", "add", "Ours", *options.split(), ROUNDUP_DATA_DIR=tmp_path)
    assert_refused(refused, 2, sentence)


def test_requirements_are_for_all_for_a_kind_or_for_one_pair_and_are_removed(tmp_path: Path) -> None:
    for name in ("Ana", "Ben"):
        email = f"{name.lower()}@school.example"
        roundup("people", "add", email, "--name", name, "--role", "mentor", ROUNDUP_DATA_DIR=tmp_path)
    roundup("pairs", "add", "ana@school.example", "ben@school.example", ROUNDUP_DATA_DIR=tmp_path)
    both = ("--mentor", "ana@school.example", "--mentee", "ben@school.example")
    requirements(tmp_path, "add", "Often", "--contact-every", "14")
    requirements(tmp_path, "add", "Often", "--contact-every", "7", "--kind", "lead_teacher")
    assert requirements(tmp_path, "add", "Often", "--contact-every", "3", *both).out == (
        "Often is added for Ana and Ben: contact every 3 days.\n"
    )
    again = requirements(tmp_path, "add", "Often", "--contact-every", "5", *both)
    assert_refused(again, 1, "There is a requirement 'Often' already")
    lines = requirements(tmp_path, "list").out.splitlines()
    assert [re.split(r"  +", line)[1:] for line in lines] == [
        ["Often", "all pairs", "contact every 14 days"],
        ["Often", "lead_teacher pairs", "contact every 7 days"],
        ["Often", "Ana and Ben", "contact every 3 days"],
    ]
    first = lines[0].split()[0]
    assert requirements(tmp_path, "remove", first).out == "Often is removed.\n"
    assert_refused(requirements(tmp_path, "remove", first), 1, f"There is no requirement '{first}'")
    listed = json.loads(requirements(tmp_path, "list", "--json").out)
    assert [(one["kind"], one["mentor"]) for one in listed] == [
        ("lead_teacher", None),
        ("mentor", "ana@school.example"),
    ]
    shown = requirements(tmp_path, "list", "--all").out
    assert re.search(r"contact every 14 days \(removed \d{4}-\d\d-\d\d\)\n", shown)


def test_terms_are_added_listed_and_removed(tmp_path: Path) -> None:
    added = terms(tmp_path, "add", " Fall 2026 ", "2026-08-17", "2026-12-18")
    assert (added.code, added.out) == (0, "Fall 2026 is added, from 2026-08-17 to 2026-12-18.\n")
    assert terms(tmp_path, "list").out == "2026-08-17 to 2026-12-18  Fall 2026\n"
    assert_refused(terms(tmp_path, "add", "Autumn", "2026-12-18", "2027-01-01"), 1, "The term 'Fall 2026'")
    assert_refused(terms(tmp_path, "add", "Autumn", "tomorrow", "2027-01-01"), 1, "'tomorrow' is no day")
    assert_refused(terms(tmp_path, "remove", "Autumn"), 1, "There is no term 'Autumn'")
    assert terms(tmp_path, "remove", "Fall 2026").out == "Fall 2026 is removed.\n"
    assert json.loads(terms(tmp_path, "list", "--json").out) == []
    assert re.search(r"Fall 2026 \(removed ", terms(tmp_path, "list", "--all").out)


def test_the_time_zone_is_set_and_shown(tmp_path: Path) -> None:
    said = roundup("programme", "time-zone", "America/Chicago", ROUNDUP_DATA_DIR=tmp_path)
    assert (said.code, said.out) == (0, "The programme's days are those of America/Chicago.\n")
    assert roundup("programme", "time-zone", ROUNDUP_DATA_DIR=tmp_path).out == "America/Chicago\n"
    wrong = roundup("programme", "time-zone", "Chicago", ROUNDUP_DATA_DIR=tmp_path)
    assert_refused(wrong, 1, "There is no time zone 'Chicago'; America/Chicago may be meant")
    kept = roundup("programme", "time-zone", "--json", ROUNDUP_DATA_DIR=tmp_path)
    assert json.loads(kept.out) == {"time_zone": "America/Chicago"}


def test_the_hours_policy_is_changed_option_by_option(tmp_path: Path) -> None:
    def policy(*args: str) -> Outcome:
        return roundup("programme", "hours-policy", *args, ROUNDUP_DATA_DIR=tmp_path)

    assert policy("--grace-s", "120").code == 0
    assert policy("--counts-from", "approved", "--rounding", "down").code == 0
    assert json.loads(policy("--json").out) == {
        "grace_s": 120,
        "rounding": "down",
        "minimum_minutes": 1,
        "counts_from": "approved",
        "minutes_per_day_limit": 960,
        "school_year_starts": "08-01",
        "reminders": True,
    }
    assert re.search(r"^counts-from +approved$", policy().out, re.MULTILINE)
    assert_refused(policy("--grace-s", "-1"), 2, "--grace-s cannot be '-1': it is a whole number from 0 to 3600")
    assert_refused(policy("--school-year-starts", "31-12"), 1, "'31-12' is no day of every year")
