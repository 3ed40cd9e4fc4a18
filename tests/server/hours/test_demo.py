"""What the demo's programme has agreed on."""

from datetime import UTC, datetime

from server.hours.demo import seed_agreements
from server.hours.rules import describe
from server.store.database import Database
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock


async def test_the_demo_has_a_term_around_today_and_something_to_do(database: Database) -> None:
    requirements, clock = RequirementRepository(database), ManualClock()
    await seed_agreements(requirements, clock, actor="operator")
    agreements = await requirements.load()
    [term] = agreements.terms
    assert term.first_day < datetime.fromtimestamp(clock.now_ms() / 1_000, UTC).date() < term.last_day
    assert agreements.zone.key == "UTC"
    assert [(one.name, describe(one.rule)) for one in agreements.requirements] == [
        ("An hour a week", "60 minutes a week, on average over the term"),
        ("Contact every two weeks", "contact every 14 days"),
        ("First year", "8 steps, up to day 240, by conference or group or observation or phone or visit"),
    ]


async def test_adding_it_again_changes_nothing_and_brings_nothing_back(database: Database) -> None:
    requirements, clock = RequirementRepository(database), ManualClock()
    await seed_agreements(requirements, clock, actor="operator")
    before = await requirements.load()
    clock.advance(days=30)
    await seed_agreements(requirements, clock, actor="operator")
    assert await requirements.load() == before
    await requirements.remove_term("Demo term", actor="operator", at=1)
    await requirements.remove_requirement(before.requirements[0].requirement_id, actor="operator", at=1)
    await seed_agreements(requirements, clock, actor="operator")
    after = await requirements.load()
    assert (list(after.terms), after.requirements) == ([], before.requirements[1:])
