"""Plans to begin with."""

import pytest

from server.errors import UserError
from server.hours.plans import plan_names, read_plan
from server.hours.rules import PlanRule


def test_every_plan_that_is_shipped_can_be_read() -> None:
    assert plan_names() == ["new-teacher", "school-visits"]
    for name in plan_names():
        assert isinstance(read_plan(name), PlanRule)


def test_the_plan_of_a_new_teacher_is_two_sessions_and_six_follow_ups() -> None:
    plan = read_plan("new-teacher")
    assert isinstance(plan, PlanRule)
    assert [step.day for step in plan.steps] == [30, 60, 90, 120, 150, 180, 210, 240]
    assert sum(step.name.startswith("Follow-up") for step in plan.steps) == 6


@pytest.mark.parametrize("name", ["old-teacher", "../plans/new-teacher", ""])
def test_a_plan_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="there are new-teacher, school-visits"):
        read_plan(name)
