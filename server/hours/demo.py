"""What the demo's programme has agreed on about hours. Adding it twice changes nothing."""

from datetime import UTC, datetime, timedelta

from protocol.hours import PairKind
from server.clock import Clock
from server.hours.plans import read_plan
from server.hours.rules import ContactRule, MinutesRule, Over, Per, Rule
from server.store.requirements import RequirementRepository

_TERM = "Demo term"
_TERM_BEGAN = timedelta(days=60)
_TERM_LENGTH = timedelta(days=140)
_REQUIREMENTS: tuple[tuple[str, Rule | str, PairKind | None], ...] = (
    ("An hour a week", MinutesRule(minutes=60, per=Per.WEEK, average_over=Over.TERM), PairKind.MENTOR),
    ("Contact every two weeks", ContactRule(every_days=14), None),
    ("First year", "new-teacher", PairKind.MENTOR),
)
"""Each with its rule, or the name of a plan, for pairs of a kind or for all."""


async def seed_agreements(repository: RequirementRepository, clock: Clock, *, actor: str) -> None:
    """Add a term that today is in, and what pairs have to do, unless it is there or was removed."""
    now = clock.now_ms()
    if not await repository.list_terms(with_removed=True):
        first_day = datetime.fromtimestamp(now / 1_000, UTC).date() - _TERM_BEGAN
        await repository.add_term(_TERM, first_day, first_day + _TERM_LENGTH, actor=actor, at=now)
    known = {requirement.name for requirement, _ in await repository.list_requirements(with_removed=True)}
    for name, rule_or_plan, kind in _REQUIREMENTS:
        if name not in known:
            rule = read_plan(rule_or_plan) if isinstance(rule_or_plan, str) else rule_or_plan
            await repository.add_requirement(name, rule, pair_kind=kind, actor=actor, at=now)
