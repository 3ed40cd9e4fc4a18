"""Rules as data, and that every rule that programmes have been met with can be said."""

import pytest

from protocol.errors import ErrorCode
from protocol.hours import ContactType
from server.errors import UserError
from server.hours.rules import (
    ContactRule,
    MeetingsRule,
    MinutesRule,
    Over,
    Per,
    PlanRule,
    Rule,
    Step,
    describe,
    describe_steps,
    read_rule,
    write_rule,
)

MET_IN_THE_WILD: dict[str, tuple[Rule, str]] = {
    "at least 1 h a week on average": (
        MinutesRule(minutes=60, per=Per.WEEK, average_over=Over.YEAR),
        "60 minutes a week, on average over the year",
    ),
    "50 h a year": (MinutesRule(minutes=3_000, per=Per.YEAR), "3,000 minutes a year"),
    "180 min a month": (MinutesRule(minutes=180, per=Per.MONTH), "180 minutes a month"),
    "contact every 14 days (ACCESS: every two weeks)": (ContactRule(every_days=14), "contact every 14 days"),
    "two meetings a year (Missouri Career Education)": (
        MeetingsRule(meetings=2, per=Per.YEAR),
        "2 meetings a year",
    ),
    "ACCESS: a monthly Last Tuesday": (
        MeetingsRule(meetings=1, per=Per.MONTH, contact_types=(ContactType.GROUP,), in_terms_only=True),
        "1 meeting a month, by group, in terms only",
    ),
    "e4TN: a weekly checkpoint": (
        MeetingsRule(meetings=1, per=Per.WEEK, contact_types=(ContactType.OBSERVATION,), in_terms_only=True),
        "1 meeting a week, by observation, in terms only",
    ),
    "MoVIP: contact that is more than a word, every day of a term": (
        ContactRule(every_days=1, minimum_minutes=5, in_terms_only=True),
        "contact every day, of 5 minutes or more, in terms only",
    ),
    "FLVS: sessions 30 and 60 days after hire, and six live follow-ups": (
        PlanRule(
            contact_types=(ContactType.CONFERENCE, ContactType.PHONE, ContactType.OBSERVATION),
            steps=(
                Step(name="Day 30", from_day=15, day=30, contact_types=(ContactType.CONFERENCE,), minimum_minutes=30),
                Step(name="Day 60", from_day=45, day=60, contact_types=(ContactType.CONFERENCE,), minimum_minutes=30),
                *(Step(name=f"Follow-up {n}", from_day=61 + 30 * n, day=90 + 30 * n) for n in range(1, 7)),
            ),
        ),
        "8 steps, up to day 270, by conference or phone or observation",
    ),
    "Torace: each observes the other within a term": (
        MeetingsRule(meetings=2, per=Per.TERM, contact_types=(ContactType.OBSERVATION,)),
        "2 meetings a term, by observation",
    ),
}


@pytest.mark.parametrize("practice", MET_IN_THE_WILD)
def test_every_rule_met_in_the_wild_can_be_said_written_and_read(practice: str) -> None:
    rule, words = MET_IN_THE_WILD[practice]
    assert read_rule(write_rule(rule)) == rule
    assert describe(rule) == words


def test_steps_of_a_plan_are_said_with_what_each_asks_for() -> None:
    step = Step(name="Day 30", day=30, contact_types=(ContactType.CONFERENCE,), minimum_minutes=20)
    plan = PlanRule(steps=(step, Step(name="Later", day=1_000)), minimum_minutes=5)
    assert describe_steps(plan) == [
        "Day 30: by day 30, by conference, of 20 minutes or more",
        "Later: by day 1,000",
    ]
    assert describe_steps(ContactRule(every_days=14)) == []


def test_a_rule_is_short_json_without_what_is_as_usual() -> None:
    assert write_rule(ContactRule(every_days=14)) == '{"kind":"contact","every_days":14}'
    step = '{"name":"Day 30","day":30}'
    assert read_rule(f'{{"kind":"plan","steps":[{step}]}}') == PlanRule(steps=(Step(name="Day 30", day=30),))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "input data was truncated"),
        ("[]", "expected `object`, got `array`"),
        ("{}", "object missing required field `kind`"),
        ('{"kind":"miles"}', "kind: invalid value 'miles'"),
        ('{"kind":"contact"}', "object missing required field `every_days`"),
        ('{"kind":"contact","every_days":0}', "every_days: expected `int` >= 1"),
        ('{"kind":"contact","every_days":14.5}', "every_days: expected `int`, got `float`"),
        ('{"kind":"contact","every_days":14,"grace":1}', "object contains unknown field `grace`"),
        ('{"kind":"contact","every_days":14,"contact_types":["fax"]}', "contact_types[0]: invalid enum value 'fax'"),
        ('{"kind":"contact","every_days":14,"contact_types":[]}', "contact_types: expected `array` of length >= 1"),
        ('{"kind":"minutes","minutes":-60,"per":"week"}', "minutes: expected `int` >= 1"),
        ('{"kind":"minutes","minutes":60,"per":"day"}', "per: invalid enum value 'day'"),
        (
            '{"kind":"minutes","minutes":60,"per":"year","average_over":"year"}',
            "an average is taken of weeks or months",
        ),
        ('{"kind":"plan","steps":[]}', "steps: expected `array` of length >= 1"),
        (
            '{"kind":"plan","steps":[{"name":"a","day":3,"from_day":4}]}',
            "steps[0]: the step 'a' begins on day 4, after it is due",
        ),
        ('{"kind":"plan","steps":[{"name":" ","day":3}]}', "steps[0]: the name of a step cannot be shown"),
        ('{"kind":"plan","steps":[{"name":"a\\nb","day":3}]}', "steps[0]: the name of a step cannot be shown"),
        ("\udcff", "it is not text in UTF-8"),
        (b"\xff\xfe{}", "JSON is malformed: invalid character"),
        (b'{"kind":"\xff"}', "it is not text in UTF-8"),
        (" " * 65_537, "it is longer than 65,536 characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_one_sentence_that_says_where(text: str | bytes, reason: str) -> None:
    with pytest.raises(UserError) as refused:
        read_rule(text)
    assert refused.value.code in (ErrorCode.BAD_REQUEST, ErrorCode.TOO_LARGE)
    assert refused.value.text.startswith(f"This is no rule: {reason}")
    assert refused.value.text.count("\n") == 0
    assert refused.value.text.endswith(".")
