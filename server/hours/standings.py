"""How far the pairs of a programme are, by what it has agreed on."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from protocol.hours import RequirementStatus, Standing
from server.hours.calendar import Calendar
from server.hours.requirements import Assessor, PairHistory, PlannedStep, worst
from server.hours.rules import PlanRule
from server.store.pairs import Pair
from server.store.requirements import Agreements


class PairStanding(NamedTuple):
    """How far one pair is."""

    standing: Standing | None
    """The worst of its requirements; `None`: there is none."""
    requirements: tuple[RequirementStatus, ...]


class Standings:
    """Tells how far each pair is on a day, asked pair by pair."""

    def __init__(self, agreements: Agreements, today: date) -> None:
        self._agreements = agreements
        terms = [(term.first_day, term.last_day) for term in agreements.terms]
        self._assessor = Assessor(Calendar(terms, agreements.policy.school_year_starts), today)

    def of(self, pair: Pair, contacts: Iterable[tuple[int, int, str]]) -> PairStanding:
        """Return how far a pair is, given its contacts that count, in any order.

        Each as day (a number, `date.toordinal`), minutes and contact type.
        """
        history = self._history(pair, contacts)
        found = tuple(
            self._assessor.assess(one.rule, history).status(one.requirement_id, one.name, one.rule)
            for one in self._agreements.requirements_of(pair)
        )
        return PairStanding(worst(status.standing for status in found), found)

    def plan_of(self, pair: Pair, contacts: Iterable[tuple[int, int, str]]) -> list[PlannedStep]:
        """Return the steps of all plans that a pair has, by the day on which they are due."""
        history = self._history(pair, contacts)
        steps = (
            step
            for requirement in self._agreements.requirements_of(pair)
            if isinstance(requirement.rule, PlanRule)
            for step in self._assessor.plan(requirement.rule, history)
        )
        return sorted(steps, key=lambda step: step.due_on or date.max)

    def _history(self, pair: Pair, contacts: Iterable[tuple[int, int, str]]) -> PairHistory:
        return PairHistory(pair.starts_on, pair.ends_on, leaves=pair.stopped_days(), contacts=contacts)
