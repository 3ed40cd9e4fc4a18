"""A site whose programme has hours: who asks, and for what."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy import select

from protocol.roles import ProgrammeRole
from server.hours.log.rows import Entry
from server.hours.rules import ContactRule, PlanRule, Step
from server.store.models import AuditEntryRow
from server.store.pairs import PairRepository
from server.store.requirements import RequirementRepository
from tests.server.http.conftest import Site
from tests.support.hours import TODAY, Programme

OWN = {"Sec-Fetch-Site": "same-origin"}
FIRST_DAY = date(2026, 8, 10)


@dataclass
class House:
    """Mia is Ana's mentor; Sue is it today, and Sam was it ten days ago. Max is Ben's. Cora is the coordinator.

    Rea was removed.
    """

    site: Site
    programme: Programme
    entries: dict[str, Entry] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def set_up(self) -> None:
        site, programme = self.site, self.programme
        now = datetime(TODAY.year, TODAY.month, TODAY.day, 18, tzinfo=UTC).timestamp()
        site.clock.set_wall_clock(seconds=now - site.clock.now_ms() / 1_000)
        await programme.set_up()
        for name in ("sue", "sam", "rea"):
            person = await site.people.add_person(f"{name}@school.example", name, ProgrammeRole.MENTOR)
            programme.people[name] = person
        pairs = PairRepository(site.database)
        for name, day in (("sue", TODAY), ("sam", TODAY - timedelta(days=10))):
            await pairs.add_leave(programme.pairs["ana"], day, day, programme.person_id(name), actor="test", at=1)
        requirements = RequirementRepository(site.database)
        await requirements.add_term("Fall", FIRST_DAY, date(2026, 12, 18), actor="test", at=1)
        await requirements.add_requirement("Contact", ContactRule(every_days=14), actor="test", at=1)
        plan = PlanRule(steps=(Step(name="First visit", day=30), Step(name="Second visit", day=60)))
        await requirements.add_requirement("Plan", plan, pair_id=programme.pairs["ben"], actor="test", at=1)
        for mentor, days in (("mia", 5), ("sam", 10), ("sue", 0)):
            step = programme.entered(f"entry_{mentor}", day=TODAY - timedelta(days=days))
            [self.entries[mentor]] = await programme.append(replace(step, mentor_id=programme.person_id(mentor)))
        [self.entries["ben"]] = await programme.append(programme.entered("entry_ben", mentee="ben"))
        for name, person in programme.people.items():
            _, self.tokens[name] = await site.api_tokens.create(person.person_id, "Test", actor="test")
            async with aiohttp.ClientSession() as client:
                token = await site.people.create_link(person.email)
                async with client.get(f"{site.url}/s/{token}", allow_redirects=False) as response:
                    [cookie] = response.cookies.values()
                    self.cookies[name] = {"Cookie": f"{cookie.key}={cookie.value}"}
        await site.people.remove("rea@school.example")

    def headers(self, caller: str) -> dict[str, str]:
        """Return how somebody asks: by name, or, like `ana's token`, with their API token; `nobody` not at all."""
        name, _, token = caller.partition("'s ")
        if caller == "nobody":
            return {}
        if caller == "a wrong token":
            return {"Authorization": "Bearer rup_" + "A" * 43}
        return {"Authorization": f"Bearer {self.tokens[name]}"} if token else self.cookies[name]

    async def ask(self, caller: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Ask for something below `/api/v1`; return status and what is answered."""
        async with (
            aiohttp.ClientSession() as client,
            client.request(
                method, f"{self.site.url}/api/v1{path}", headers=self.headers(caller) | OWN, json=body
            ) as response,
        ):
            if response.content_type != "application/json":
                return response.status, {"type": response.content_type, "data": await response.read()}
            found: dict[str, Any] = await response.json()
            return response.status, found

    async def get(self, caller: str, path: str) -> dict[str, Any]:
        """Ask for something that is there; return it."""
        status, found = await self.ask(caller, "GET", path)
        assert status == 200, found
        return found

    async def take_step(self, caller: str, name: str, action: str, **fields: object) -> None:
        """Let somebody take a step of an entry as it was at first."""
        body = {"action": action, "number": self.entries[name].number} | fields
        status, found = await self.ask(caller, "POST", f"/hours/entries/{self.entry_id(name)}/steps", body)
        assert status == 200, found

    def entry_id(self, name: str) -> str:
        return self.entries[name].latest.entry_id

    async def audited(self) -> list[tuple[str, str]]:
        """Return who has looked at whose hours, as the audit trail has it."""
        names = {person.person_id: name for name, person in self.programme.people.items()}
        names["everybody"] = "everybody"
        names |= {pair_id: f"pair of {name}" for name, pair_id in self.programme.pairs.items()}
        names |= {"programme": "everybody"}
        looks = AuditEntryRow.action.in_(("hours_viewed", "hours_exported"))
        query = select(AuditEntryRow.actor, AuditEntryRow.subject).where(looks)
        async with self.site.database.reading() as session:
            rows = await session.execute(query.order_by(AuditEntryRow.entry_id))
            return [(names[actor], names[subject]) for actor, subject in rows]
